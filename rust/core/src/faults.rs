//! Panics on demand: tests see by them what a defect costs. Only the feature `faults` compiles them in,
//! which no wheel has; `make test-panics` builds with it.

/// Panics where the bytes hold the name of this place between two at signs.
pub fn strike(place: &str, bytes: &[u8]) {
    let wanted = format!("@{place}@");
    let mut windows = bytes.windows(wanted.len());
    let struck = windows.any(|window| window == wanted.as_bytes());
    assert!(!struck, "a panic on demand: {place}");
}
