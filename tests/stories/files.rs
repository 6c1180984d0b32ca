//! The file server, reached through an exit node. Attachments come with their own issue; the road to the server is here.

use super::people::{Story, Told, World};
use onionskin_core::Roads;
use onionskin_core::onion::{Ask, Onion, V4Request};

async fn onion(world: &World) -> Told<Onion> {
    let onion = Onion::new(Roads::open(world.description(), None, world.clock.core().shared())?, None);
    onion.ready().await?;
    Ok(onion)
}

fn upload(bytes: &[u8]) -> V4Request {
    V4Request {
        method: "POST".to_owned(),
        endpoint: "/file".to_owned(),
        headers: vec![("Content-Type".to_owned(), "application/octet-stream".to_owned())],
        body: Some(bytes.to_vec()),
    }
}

fn fetch(endpoint: String) -> V4Request {
    V4Request { method: "GET".to_owned(), endpoint, headers: Vec::new(), body: None }
}

/// What is put there comes back byte for byte, and what is not there is said to be missing.
#[tokio::test]
async fn a_file_comes_back_as_it_was_put_there() -> Story {
    let world = World::start().await?;
    let onion = onion(&world).await?;
    let server = &world.description().file_server;
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let put = onion.server(server, upload(&bytes), Ask::file()).await?;
    assert_eq!(put.code, 200);
    let told: serde_json::Value = serde_json::from_slice(&put.body)?;
    let id = told["id"].as_str().unwrap();
    let got = onion.server(server, fetch(format!("/file/{id}")), Ask::file()).await?;
    assert_eq!((got.code, got.body), (200, bytes));
    assert_eq!(got.way.hops.len(), 3);
    assert_eq!(onion.server(server, fetch("/file/17".to_owned()), Ask::file()).await?.code, 404);
    Ok(())
}

/// The road works and the server does not: that is the server's fault, and no node is blamed for it.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_file_server_that_is_gone_is_not_blamed_on_the_road() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let onion = onion(&world).await?;
    let server = &world.description().file_server;
    world.network().file_server().stop();
    assert!(world.patiently(onion.server(server, upload(b"lost"), Ask::file())).await.is_err());
    world.network().heal_all();
    assert_eq!(onion.roads().pool().len(), world.network().nodes().count(), "no node was dropped");
    assert_eq!(onion.server(server, upload(b"found"), Ask::file()).await?.code, 200);
    Ok(())
}
