//! What processes cost, from Linux's /proc: processor time and memory.

use std::{collections::HashMap, fs};

use anyhow::{Context, ensure};

/// Ticks of /proc in a second: USER_HZ, which is 100 on every Linux.
const TICKS: f64 = 100.0;

/// Times of one process, in ticks.
struct Stat {
    parent: u32,
    /// Its own.
    own: u64,
    /// That of its children which have ended.
    ended: u64,
}

/// Whether there is a /proc to read.
pub fn can_measure() -> anyhow::Result<()> {
    ensure!(fs::exists("/proc/self/stat")?, "processor time and memory are read from /proc, which this system has not: measure on Linux");
    Ok(())
}

/// Seconds of processor time that a process has used, its threads included.
pub fn cpu(pid: u32) -> anyhow::Result<f64> {
    Ok(stat(pid).with_context(|| format!("process {pid} has ended"))?.own as f64 / TICKS)
}

/// Seconds of processor time that a process and its children have used, those that have ended included.
pub fn cpu_of_family(parent: u32) -> anyhow::Result<f64> {
    let head = stat(parent).with_context(|| format!("process {parent} has ended"))?;
    let mut ticks = head.own + head.ended;
    for entry in fs::read_dir("/proc")? {
        let pid = entry?.file_name().to_string_lossy().parse();
        if let Some(child) = pid.ok().and_then(stat).filter(|child| child.parent == parent) {
            ticks += child.own + child.ended;
        }
    }
    Ok(ticks as f64 / TICKS)
}

/// Memory of a process.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Memory {
    /// Now, in megabytes (VmRSS).
    pub resident_mb: f64,
    /// The most so far, in megabytes (VmHWM).
    pub peak_mb: f64,
}

/// Memory of a process.
pub fn memory(pid: u32) -> anyhow::Result<Memory> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).with_context(|| format!("process {pid} has ended"))?;
    let lines: HashMap<&str, &str> = text.lines().filter_map(|line| line.split_once(':')).collect();
    let megabytes = |name: &str| -> anyhow::Result<f64> {
        let value = lines.get(name).with_context(|| format!("/proc/{pid}/status has no {name}"))?;
        Ok(value.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0 / 1e6)
    };
    Ok(Memory { resident_mb: megabytes("VmRSS")?, peak_mb: megabytes("VmHWM")? })
}

/// None when the process has ended. The name, in brackets, may hold spaces and brackets itself: fields count from the last one.
fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    Some(Stat { parent: u32::try_from(number(4)?).ok()?, own: number(14)? + number(15)?, ended: number(16)? + number(17)? })
}
