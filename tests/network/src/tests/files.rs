//! The file server, through the network.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Client, Spelling};
use super::network;
use crate::{Fault, LocalNetwork, Options, When};

const PATH: [usize; 3] = [0, 1, 2];

fn parsed(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

#[tokio::test]
async fn a_file_goes_up_and_comes_down_with_both_ciphers() {
    let network = network().await;
    for spelling in [Spelling::Default, Spelling::Named("xchacha20")] {
        let client = Client { spelling, ..Client::of(&network) };
        let data: Vec<u8> = (0..100_000_u32).map(|n| n as u8).collect();
        let upload = json!({"method": "POST", "endpoint": "/file"});
        let (code, _, body) = client.files(&PATH, upload, Some(&data)).await.unwrap();
        assert_eq!(code, 200);
        let id = parsed(&body)["id"].as_str().unwrap().to_owned();
        assert_eq!(id.len(), 44);
        assert_eq!(network.file(&id).unwrap(), data);
        let download = json!({"method": "GET", "endpoint": format!("/file/{id}")});
        let (code, head, body) = client.files(&PATH, download, None).await.unwrap();
        assert_eq!((code, &head["headers"]["content-type"]), (200, &json!("application/octet-stream")));
        assert!(head["headers"]["expires"].as_str().unwrap().ends_with(" GMT"));
        assert_eq!(body, data);
    }
    assert_eq!(network.stats().file_server, 4);
    let journey = network.journeys().pop().unwrap();
    assert_eq!(journey.path(), PATH);
    assert_eq!(journey.server.unwrap(), network.file_server_address().to_string());
}

#[tokio::test]
async fn files_expire_and_can_be_extended() {
    let network = network().await;
    let client = Client::of(&network);
    let get = async |endpoint: String| {
        client.files(&PATH, json!({"method": "GET", "endpoint": endpoint}), None).await.unwrap()
    };
    let upload = json!({"method": "POST", "endpoint": "/file", "headers": {"X-FS-TTL": "3600"}});
    let (_, _, body) = client.files(&PATH, upload, Some(b"data")).await.unwrap();
    let id = parsed(&body)["id"].as_str().unwrap().to_owned();
    let before = parsed(&get(format!("/file/{id}/info")).await.2);
    assert_eq!(before["size"], 4);
    assert!((before["expires"].as_f64().unwrap() - before["uploaded"].as_f64().unwrap() - 3600.0).abs() < 0.001);

    let extend = json!({"method": "POST", "endpoint": format!("/file/{id}/extend"), "headers": {"X-FS-TTL": "7200"}});
    let (code, _, body) = client.files(&PATH, extend, Some(b"")).await.unwrap();
    assert_eq!(code, 200);
    assert!(parsed(&body)["expires"].as_f64() > before["expires"].as_f64());
    network.clock().forward(Duration::from_secs(7_000));
    assert_eq!(get(format!("/file/{id}")).await.0, 200);
    network.clock().forward(Duration::from_secs(300));
    assert_eq!(get(format!("/file/{id}")).await.0, 404);
    assert_eq!(get(format!("/file/{id}/info")).await.0, 404);
}

#[tokio::test]
async fn wrong_file_requests_get_their_codes() {
    let network = network().await;
    let client = Client::of(&network);
    let code = async |head: Value, body: Option<&[u8]>| client.files(&PATH, head, body).await.unwrap().0;
    let upload = json!({"method": "POST", "endpoint": "/file"});
    assert_eq!(code(upload.clone(), Some(b"")).await, 413);
    assert_eq!(code(upload.clone(), Some(&vec![1; 10_000_001])).await, 413);
    let forever = json!({"method": "POST", "endpoint": "/file", "headers": {"X-FS-TTL": "99999999"}});
    assert_eq!(code(forever, Some(b"x")).await, 400);
    assert_eq!(code(json!({"method": "GET", "endpoint": "/file/unknown"}), None).await, 404);
    assert_eq!(code(json!({"method": "POST", "endpoint": "/file/12/extend"}), Some(b"")).await, 404);
    assert_eq!(code(json!({"method": "GET", "endpoint": "/session_version?platform=desktop"}), None).await, 200);
    assert_eq!(code(json!({"method": "GET", "endpoint": "/session_version?platform=toaster"}), None).await, 404);
    assert_eq!(code(json!({"method": "GET", "endpoint": "/"}), None).await, 404);
}

#[tokio::test]
async fn an_old_server_gives_numbers() {
    let network = LocalNetwork::start(Options { legacy_file_ids: true, ..Options::default() }).await.unwrap();
    let client = Client::of(&network);
    let upload = json!({"method": "POST", "endpoint": "/file"});
    let (_, _, body) = client.files(&PATH, upload, Some(b"data")).await.unwrap();
    let id = parsed(&body)["id"].as_str().unwrap().to_owned();
    assert!(id.parse::<u64>().is_ok());
    let (_, _, body) =
        client.files(&PATH, json!({"method": "GET", "endpoint": format!("/files/{id}")}), None).await.unwrap();
    assert_eq!(parsed(&body), json!({"status_code": 200, "result": "ZGF0YQ=="}));
}

#[tokio::test]
async fn a_file_server_can_have_the_name_of_a_real_one() {
    let url = Some("http://files.example.org:80".to_owned());
    let network = LocalNetwork::start(Options { file_server_url: url, ..Options::default() }).await.unwrap();
    assert_eq!(network.description()["file_server"]["url"], "http://files.example.org:80");
    let upload = json!({"method": "POST", "endpoint": "/file"});
    assert_eq!(Client::of(&network).files(&PATH, upload, Some(b"data")).await.unwrap().0, 200);
}

#[tokio::test]
async fn the_file_server_can_fail_in_many_ways() {
    let network = network().await;
    let client = Client::of(&network);
    let server = network.file_server();
    let upload = || client.files(&PATH, json!({"method": "POST", "endpoint": "/file"}), Some(b"data"));
    server.fault_when(Fault::status(425, "{}"), When::always().method("POST /file").next(1));
    assert_eq!(upload().await.unwrap().0, 425);
    server.fault_when(Fault::Garbage, When::always().next(1));
    assert!(upload().await.is_err(), "does not open");
    server.fault_when(Fault::status(500, "{}"), When::always().method("GET /file/*"));
    assert_eq!(upload().await.unwrap().0, 200);
    server.stop();
    assert_eq!(upload().await.unwrap().0, 502);
    server.restart();
    assert_eq!(upload().await.unwrap().0, 200);
}

#[tokio::test]
async fn a_slow_server_is_given_up_after_25_seconds_of_the_networks_clock() {
    let network = network().await;
    let client = Client::of(&network);
    network.file_server().fault(Fault::Hang);
    let upload = client.files(&PATH, json!({"method": "POST", "endpoint": "/file"}), Some(b"data"));
    let later = async {
        network.wait_until(|stats| stats.hung == 1).await.unwrap();
        network.clock().forward(Duration::from_secs(25));
    };
    let (answer, ()) = tokio::join!(upload, later);
    assert_eq!(answer.unwrap().0, 504);
}
