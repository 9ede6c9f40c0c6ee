//! Writes what the fuzz targets begin with: `seeds DIRECTORY` makes a folder for each target, and `names.dict`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a tool of ours")]

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let root = std::env::args_os().nth(1).expect("seeds DIRECTORY");
    let root = PathBuf::from(root);
    for (name, _, seeds) in vmcodec_fuzz::TARGETS {
        let folder = root.join(name);
        std::fs::create_dir_all(&folder)?;
        for (number, seed) in seeds().into_iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number:04}")), seed)?;
        }
    }
    std::fs::write(root.join("names.dict"), vmcodec_fuzz::seeds::dictionary())
}
