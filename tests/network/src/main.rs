//! `onionskin-network`: a local service-node network for development, until Ctrl-C.

use std::process::ExitCode;

use onionskin_network::{LocalNetwork, Options};

const HELP: &str = "\
A local Session service-node network on 127.0.0.1, for development.

Usage: onionskin-network [options]

  --nodes N          service nodes (12)
  --swarms N         swarms (3)
  --http-seeds N     seeds that speak http (1)
  --https-seeds N    seeds that speak https with a pinned certificate (1)
  --keys HEX         64 hex digits: the same keys of nodes and servers every time
  --file-server URL  URL of the file server in the description; exit nodes find its host here
  --host NAME=ADDR   exit nodes find this server at 127.0.0.1:port (may be repeated)
  --legacy-file-ids  the file server gives out decimal ids
  --write FILE       writes the network description to FILE
  --help             this text

Prints the network description (what `--network FILE` of the messenger reads) and runs until Ctrl-C.
";

#[tokio::main]
async fn main() -> ExitCode {
    match run(std::env::args().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("onionskin-network: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(mut arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let mut options = Options::default();
    let mut hosts = Vec::new();
    let mut file = None;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        let number = |text: String| text.parse::<usize>().map_err(|_| format!("{text:?} is not a number"));
        match argument.as_str() {
            "--nodes" => options.nodes = number(value()?)?,
            "--swarms" => options.swarms = number(value()?)?,
            "--http-seeds" => options.http_seeds = number(value()?)?,
            "--https-seeds" => options.https_seeds = number(value()?)?,
            "--keys" => {
                let mut keys = [0; 32];
                hex::decode_to_slice(value()?, &mut keys).map_err(|_| "--keys needs 64 hex digits".to_owned())?;
                options.keys = Some(keys);
            }
            "--file-server" => options.file_server_url = Some(value()?),
            "--host" => {
                let text = value()?;
                let pair =
                    text.split_once('=').and_then(|(name, address)| Some((name.to_owned(), address.parse().ok()?)));
                hosts.push(pair.ok_or("--host needs NAME=127.0.0.1:PORT")?);
            }
            "--legacy-file-ids" => options.legacy_file_ids = true,
            "--write" => file = Some(value()?),
            "--help" | "-h" => {
                print!("{HELP}");
                return Ok(());
            }
            other => return Err(format!("unknown option {other}; see --help")),
        }
    }
    let network = LocalNetwork::start(options).await.map_err(|error| format!("did not start: {error}"))?;
    for (name, address) in hosts {
        network.add_host(&name, address);
    }
    let description = network.description_json();
    if let Some(file) = file {
        std::fs::write(&file, &description).map_err(|error| format!("{file}: {error}"))?;
    }
    println!("{description}");
    tokio::signal::ctrl_c().await.map_err(|error| error.to_string())?;
    network.stop().await;
    Ok(())
}
