//! What the benchmark knows of the machine: cores, processes, limits.

mod apart;
mod cores;
mod machine;
mod process;

pub(crate) use apart::apart;
pub(crate) use cores::{Cores, on_core, raise_open_files};
pub(crate) use machine::{Apart, Machine};
pub(crate) use process::{Cpu, Memory, cpu, disk_bytes, memory};
