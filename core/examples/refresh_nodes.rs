//! Writes a full, dated node list, as it is shipped in `assets/nodes.json`.
//!
//! `cargo run -p onionskin-core --example refresh_nodes -- OUT [NETWORK]`
//!
//! Asks the seeds of mainnet, or of the network described in the file NETWORK, and writes OUT only when a whole list
//! came: the old file stays otherwise.

use std::process::ExitCode;

use onionskin_core::{Error, ErrorKind, Hint, Network, Roads, SystemClock};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (out, network) = match arguments.as_slice() {
        [out] => (out, None),
        [out, network] => (out, Some(network)),
        _ => {
            eprintln!("usage: refresh_nodes OUT [NETWORK]");
            return ExitCode::from(2);
        }
    };
    match run(out, network.map(String::as_str)) {
        Ok(count) => {
            println!("{out}: {count} nodes");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("refresh_nodes: {error:?}; {out} stays as it was");
            ExitCode::FAILURE
        }
    }
}

fn run(out: &str, network: Option<&str>) -> Result<usize, Error> {
    let network = match network {
        Some(file) => Network::from_json(&std::fs::read_to_string(file).map_err(|error| unusable("NETWORK", error))?)?,
        None => Network::mainnet(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::bug("runtime cannot be built").with_source(error))?;
    let roads = runtime.block_on(Roads::from_seeds(&network, SystemClock::shared()))?;
    let beside = format!("{out}.new");
    std::fs::write(&beside, roads.export() + "\n")
        .and_then(|()| std::fs::rename(&beside, out))
        .map_err(|error| unusable("OUT", error))?;
    Ok(roads.pool().len())
}

fn unusable(which: &'static str, error: std::io::Error) -> Error {
    Error::new(ErrorKind::InvalidInput, "file cannot be used").with_hint(Hint::Field(which)).with_source(error)
}
