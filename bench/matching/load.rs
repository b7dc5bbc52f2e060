//! Load on the API: so many clients, each on one connection, each asking again as soon as it is answered.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::ensure;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    api::Api,
    processes::{cpu, cpu_of_family},
    sample::{Sample, Timing},
    wire::{Request, Wire},
};

/// Measures the API with these requests, asked in turn.
pub async fn measure(api: &Api, postmaster: u32, requests: Vec<Request>, clients: usize, timing: Timing) -> anyhow::Result<Sample> {
    let (requests, start) = (Arc::new(requests), Instant::now());
    let (from, until) = (start + timing.warm_up(), start + timing.warm_up() + timing.length());
    let mut tasks = JoinSet::new();
    for client in 0..clients {
        tasks.spawn(ask_on(api.address, Arc::clone(&requests), client, from, until));
    }
    let mut sample = Sample { seconds: timing.seconds, ..Sample::default() };
    let costs = async {
        sleep(timing.warm_up()).await;
        let before = (cpu(api.pid())?, cpu_of_family(postmaster)?);
        sleep(until.saturating_duration_since(Instant::now())).await;
        anyhow::Ok((cpu(api.pid())? - before.0, cpu_of_family(postmaster)? - before.1))
    };
    let asked = async {
        let mut all = Vec::new();
        while let Some(latencies) = tasks.join_next().await {
            all.extend(latencies??);
        }
        anyhow::Ok(all)
    };
    let (costs, latencies) = tokio::try_join!(costs, asked)?;
    (sample.api_cpu, sample.pg_cpu) = costs;
    sample.latencies_us = latencies;
    ensure!(!sample.latencies_us.is_empty(), "nothing was answered within {} s: measure longer, with --seconds", timing.seconds);
    Ok(sample)
}

/// Asks until the time is over. Each client begins elsewhere in the list. Counts what was answered between `from` and `until`.
async fn ask_on(
    address: SocketAddr,
    requests: Arc<Vec<Request>>,
    client: usize,
    from: Instant,
    until: Instant,
) -> anyhow::Result<Vec<u32>> {
    let mut wire = Wire::to(address).await?;
    let mut latencies = Vec::new();
    for request in requests.iter().cycle().skip(client * 7 % requests.len()) {
        let asked = Instant::now();
        let (status, body) = wire.ask(request).await?;
        ensure!(
            matches!(status, 200 | 201),
            "the API answered {status}: {}",
            String::from_utf8_lossy(body).chars().take(500).collect::<String>()
        );
        let answered = Instant::now();
        if answered >= until {
            break;
        }
        if answered >= from {
            latencies.push(micros(answered - asked));
        }
    }
    Ok(latencies)
}

/// Whole microseconds.
fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}
