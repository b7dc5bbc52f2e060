//! Load on the API: so many clients, each on one connection, each doing its deed again as soon as it is done.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::ensure;
use tokio::{task::JoinSet, time::sleep};

use super::{
    api::Api,
    processes::{cpu, cpu_of_family},
    sample::{Sample, Timing},
    wire::{Request, Wire},
};

/// What a client does again and again. Once is one request of the figures.
pub trait Deed: Send + Sync + 'static {
    /// Does it, as this client, for the `turn`-th time.
    fn once(&self, wire: &mut Wire, client: usize, turn: usize) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// Requests, asked in turn. Each client begins elsewhere in the list.
pub struct Requests(pub Vec<Request>);

impl Deed for Requests {
    async fn once(&self, wire: &mut Wire, client: usize, turn: usize) -> anyhow::Result<()> {
        wire.answer(&self.0[(client * 7 + turn) % self.0.len()]).await?;
        Ok(())
    }
}

/// Measures the API while that is done.
pub async fn measure(api: &Api, postmaster: u32, deed: impl Deed, clients: usize, timing: Timing) -> anyhow::Result<Sample> {
    let (deed, start) = (Arc::new(deed), Instant::now());
    let (from, until) = (start + timing.warm_up(), start + timing.warm_up() + timing.length());
    let mut tasks = JoinSet::new();
    for client in 0..clients {
        tasks.spawn(repeat(api.address, Arc::clone(&deed), client, from, until));
    }
    let costs = async {
        sleep(timing.warm_up()).await;
        let before = (cpu(api.pid())?, cpu_of_family(postmaster)?);
        sleep(until.saturating_duration_since(Instant::now())).await;
        anyhow::Ok((cpu(api.pid())? - before.0, cpu_of_family(postmaster)? - before.1))
    };
    let done = async {
        let mut all = Vec::new();
        while let Some(latencies) = tasks.join_next().await {
            all.extend(latencies??);
        }
        anyhow::Ok(all)
    };
    let ((api_cpu, pg_cpu), latencies_us) = tokio::try_join!(costs, done)?;
    ensure!(!latencies_us.is_empty(), "nothing was answered within {} s: measure longer, with --seconds", timing.seconds);
    Ok(Sample { latencies_us, seconds: timing.seconds, api_cpu, pg_cpu })
}

/// Does it until the time is over. Counts what was done between `from` and `until`.
async fn repeat<D: Deed>(address: SocketAddr, deed: Arc<D>, client: usize, from: Instant, until: Instant) -> anyhow::Result<Vec<u32>> {
    let mut wire = Wire::to(address).await?;
    let mut latencies = Vec::new();
    for turn in 0.. {
        let began = Instant::now();
        deed.once(&mut wire, client, turn).await?;
        let ended = Instant::now();
        if ended >= until {
            break;
        }
        if ended >= from {
            latencies.push(micros(ended - began));
        }
    }
    Ok(latencies)
}

/// Whole microseconds.
fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}
