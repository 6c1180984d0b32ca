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
    // Apart from the turns: a processor that was busy for long gives the next one a worse place in the queue.
    let mut loops: Vec<Duration> = (0..5).map(|_| timed(calibration)).collect();
    let (mut our_times, mut bare_times) = (Vec::new(), Vec::new());
    // The first turn of each only warms caches; whoever goes second in one turn goes first in the next.
    for round in 0..=rounds {
        let (our_time, bare_time) = if round % 2 == 0 {
            let our_time = timed(&mut ours);
            (our_time, timed(&mut bare))
        } else {
            let bare_time = timed(&mut bare);
            (timed(&mut ours), bare_time)
        };
        if round > 0 {
            our_times.push(our_time);
            bare_times.push(bare_time);
        }
    }
    loops.extend((0..5).map(|_| timed(calibration)));
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
