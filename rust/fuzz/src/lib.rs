//! What the fuzz targets do, apart from libFuzzer: each module's `run` takes any bytes, and panics where a promise is
//! broken. `fuzz_targets/` hands them bytes for hours, the test below the seeds and some changes to them.
//!
//! `case` makes of the first bytes the options of a decoder; `seeds` writes vectors as such bytes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a panic is how a finding is told"
)]

pub mod case;
pub mod chunks;
pub mod columns;
pub mod decode;
pub mod encode_roundtrip;
pub mod errors;
pub mod lines;
pub mod seeds;
pub mod simd;
pub mod skip;

#[path = "../../core/tests/common/mod.rs"]
mod common;

/// A target: its name, what it does with bytes, and what it begins with.
pub type Target = (&'static str, fn(&[u8]), fn() -> Vec<Vec<u8>>);

/// All targets.
pub const TARGETS: &[Target] = &[
    ("decode", decode::run, seeds::records),
    ("skip", skip::run, seeds::values),
    ("lines", lines::run, seeds::buffers),
    ("chunks", chunks::run, seeds::buffers),
    ("encode_roundtrip", encode_roundtrip::run, seeds::records),
    ("columns", columns::run, seeds::columns),
    ("simd", simd::run, seeds::texts),
    ("errors", errors::run, seeds::records),
];

#[cfg(test)]
mod tests {
    use super::*;
    use common::Random;

    #[test]
    fn every_target_takes_its_seeds_and_changes_to_them() {
        for (name, run, seeds) in TARGETS {
            let seeds = seeds();
            assert!(seeds.len() > 100, "{name}: {} seeds", seeds.len());
            let mut random = Random(0xf022);
            for mut seed in seeds {
                run(&seed);
                let place = random.below(seed.len());
                seed[place] = random.next().to_le_bytes()[0];
                if random.below(4) == 0 {
                    seed.truncate(random.below(seed.len()));
                }
                run(&seed);
            }
            run(b"");
        }
    }
}
