//! pgbench, PostgreSQL's own load generator, with statements of ours: the floor, and the program's statements without the program.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, ensure};
use tokio::{task::spawn_blocking, time::sleep};

use super::{
    cluster::Cluster,
    processes::cpu_of_family,
    sample::{Sample, Timing},
};

/// pgbench takes 128 scripts; each client has to prepare the statements of all of them.
const MOST_SCRIPTS: usize = 100;

/// One transaction of pgbench: SQL with `:name` where a parameter stands, and the values.
#[derive(Debug, Clone, Default)]
pub struct Script {
    pub sql: String,
    pub variables: Vec<(String, String)>,
}

/// A pgbench that is set up for one database and its sessions' settings.
#[derive(Debug, Clone)]
pub struct Pgbench {
    program: PathBuf,
    socket_dir: PathBuf,
    database: String,
    options: String,
    /// For scripts and logs.
    folder: PathBuf,
}

impl Pgbench {
    /// With sessions that have `options`, in the form of PGOPTIONS.
    pub fn new(cluster: &Cluster, database: &str, options: String) -> anyhow::Result<Self> {
        let folder = cluster.folder().join("pgbench");
        std::fs::create_dir_all(&folder)?;
        let program = cluster.program("pgbench");
        ensure!(program.exists(), "there is no pgbench in {}: it is in PostgreSQL's contrib package", cluster.program("").display());
        Ok(Self { program, socket_dir: cluster.socket_dir(), database: database.to_owned(), options, folder })
    }

    /// Measures these transactions, chosen at random, each as often; the first [`MOST_SCRIPTS`] where there are more.
    pub async fn measure(&self, postmaster: u32, scripts: &[Script], clients: usize, timing: Timing) -> anyhow::Result<Sample> {
        let scripts = &scripts[..scripts.len().min(MOST_SCRIPTS)];
        self.clear()?;
        let files = self.write(scripts)?;
        let mut command = self.command(clients, timing, &files, scripts);
        let child = command.spawn().with_context(|| format!("{} could not be started", self.program.display()))?;
        // pgbench ends by itself when its time is over, also when nobody waits for it any more.
        let child = spawn_blocking(|| Child::wait_with_output(child));
        let costs = async {
            sleep(timing.warm_up()).await;
            let (before, from) = (cpu_of_family(postmaster)?, SystemTime::now());
            sleep(timing.length()).await;
            anyhow::Ok((cpu_of_family(postmaster)? - before, from, SystemTime::now()))
        };
        let (output, costs) = tokio::join!(child, costs);
        let (output, (pg_cpu, from, until)) = (output??, costs?);
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success() && !said.contains("aborted"),
            "pgbench failed; its scripts are in {}:\n{said}",
            self.folder.display()
        );
        let latencies_us = self.read_logs(from, until)?;
        ensure!(!latencies_us.is_empty(), "pgbench finished no transaction within {} s: measure longer, with --seconds", timing.seconds);
        let seconds = until.duration_since(from)?.as_secs_f64();
        Ok(Sample { latencies_us, seconds, api_cpu: 0.0, pg_cpu })
    }

    fn command(&self, clients: usize, timing: Timing, files: &[PathBuf], scripts: &[Script]) -> Command {
        // A second more than is measured, so that the end is not the clients' leaving.
        let seconds = (timing.warm_up + timing.seconds).ceil() + 1.0;
        let mut command = Command::new(&self.program);
        command
            .args(["-n", "-M", "prepared", "-U", "postgres", "-l", "--log-prefix=times"])
            .args(["-c", &clients.to_string(), "-j", &clients.min(2).to_string(), "-T", &seconds.to_string()])
            .arg("-h")
            .arg(&self.socket_dir)
            .current_dir(&self.folder)
            .env("PGOPTIONS", &self.options)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        for (name, value) in scripts.iter().flat_map(|script| &script.variables) {
            command.arg("-D").arg(format!("{name}={value}"));
        }
        for file in files {
            command.arg("-f").arg(file);
        }
        command.arg(&self.database);
        command
    }

    fn write(&self, scripts: &[Script]) -> anyhow::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for (number, script) in scripts.iter().enumerate() {
            let file = self.folder.join(format!("script-{number:03}.sql"));
            std::fs::write(&file, &script.sql)?;
            files.push(file);
        }
        Ok(files)
    }

    /// Removes scripts and logs of the measurement before.
    fn clear(&self) -> anyhow::Result<()> {
        for file in files_in(&self.folder, "")? {
            std::fs::remove_file(file)?;
        }
        Ok(())
    }

    /// The times of the transactions that ended between two moments. A line of a log is: client, transaction, microseconds, script, and
    /// when it ended, in seconds and microseconds. A transaction is taken to last from the end of its client's last one: the microseconds
    /// that pgbench gives itself are 0 when the answer was there before it looked for it, as happens where both share a processor.
    fn read_logs(&self, from: SystemTime, until: SystemTime) -> anyhow::Result<Vec<u32>> {
        let (from, until) = (from.duration_since(UNIX_EPOCH)?, until.duration_since(UNIX_EPOCH)?);
        let (mut latencies, mut last) = (Vec::new(), HashMap::new());
        for file in files_in(&self.folder, "times")? {
            for line in std::fs::read_to_string(&file)?.lines() {
                let fields: Vec<&str> = line.split(' ').collect();
                let number = |field: usize| fields.get(field).and_then(|text| text.parse::<u64>().ok());
                let (Some(client), Some(seconds), Some(rest)) = (number(0), number(4), number(5)) else { continue };
                let ended = Duration::from_secs(seconds) + Duration::from_micros(rest);
                let before = last.insert(client, ended);
                if let Some(before) = before.filter(|_| (from..until).contains(&ended)) {
                    latencies.push(u32::try_from(ended.saturating_sub(before).as_micros()).unwrap_or(u32::MAX));
                }
            }
        }
        Ok(latencies)
    }
}

fn files_in(folder: &Path, prefix: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            files.push(entry.path());
        }
    }
    Ok(files)
}
