//! Our work against the bare work in the same run, turn by turn, so that a busy machine slows both alike.
//!
//! Absolute figures mean little on machines that differ or share their processors; they are printed beside a calibration
//! loop (the same arithmetic everywhere) that says how fast this machine was just then.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Runs `ours` and `bare` in turns, prints their medians, the ratio and the calibration, and gives the ratio.
///
/// `limit` is the ratio that was promised, if one was; beyond it the line says so.
pub fn compare(name: &str, rounds: usize, limit: Option<f64>, mut ours: impl FnMut(), mut bare: impl FnMut()) -> f64 {
    let (mut our_times, mut bare_times, mut loops) = (Vec::new(), Vec::new(), Vec::new());
    // The first turn of each only warms caches.
    for round in 0..=rounds {
        let times = (timed(&mut ours), timed(&mut bare), timed(calibration));
        if round > 0 {
            our_times.push(times.0);
            bare_times.push(times.1);
            loops.push(times.2);
        }
    }
    let (ours, bare, calibration) = (median(our_times), median(bare_times), median(loops));
    let ratio = ours.as_secs_f64() / bare.as_secs_f64();
    let verdict = match limit {
        Some(limit) if ratio > limit => format!(" OVER the limit {limit}"),
        Some(limit) => format!(" (limit {limit})"),
        None => String::new(),
    };
    println!("{name}: ratio {ratio:.2}{verdict}; ours {ours:?}, bare {bare:?}, calibration loop {calibration:?}");
    ratio
}

/// Ten million steps of integer arithmetic: about 10 ms on a desktop of 2024.
pub fn calibration() {
    let mut state = black_box(0x9e37_79b9_7f4a_7c15_u64);
    for _ in 0..10_000_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    black_box(state);
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
