//! Starts Onionskin in the launcher that was asked for.

use std::process::ExitCode;

use onionskin::launch;
use onionskin::options::{Options, Wish};

fn main() -> ExitCode {
    match Options::parse(std::env::args_os().skip(1)) {
        Ok(Wish::Run(options)) => launch::run(*options),
        Ok(Wish::Say(text)) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(wrong) => {
            eprintln!("onionskin: {wrong}");
            ExitCode::from(2)
        }
    }
}
