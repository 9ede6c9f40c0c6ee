//! Runs a target's body on files, without libFuzzer: `replay TARGET FILE-OR-FOLDER…`. For findings, and for the coverage
//! of inputs that were kept.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a tool of ours")]

use std::path::Path;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let target = arguments.next().expect("replay TARGET FILE-OR-FOLDER...");
    let (_, run, _) = vmcodec_fuzz::TARGETS
        .iter()
        .find(|known| known.0 == target)
        .expect("TARGET is a module of this crate");
    for argument in arguments {
        replay(*run, Path::new(&argument))?;
    }
    Ok(())
}

fn replay(run: fn(&[u8]), path: &Path) -> std::io::Result<()> {
    if !path.is_dir() {
        run(&std::fs::read(path)?);
        return Ok(());
    }
    for entry in std::fs::read_dir(path)? {
        replay(run, &entry?.path())?;
    }
    Ok(())
}
