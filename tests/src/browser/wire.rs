//! The little HTTP that tests need: one request, one answer, one connection.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    /// The status, 200 for example.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// What follows.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header with this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn parse(bytes: &[u8]) -> std::io::Result<Self> {
        let wrong = || std::io::Error::new(std::io::ErrorKind::InvalidData, "no answer of HTTP");
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(wrong)?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).ok_or_else(wrong)?;
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Ok(Self { status, headers, body: bytes[end + 4..].to_vec() })
    }

    /// Whether the answer has ended, as far as `bytes` tell.
    fn is_whole(bytes: &[u8]) -> bool {
        Self::parse(bytes).is_ok_and(|answer| {
            let length = answer.header("content-length").and_then(|length| length.parse().ok());
            // After a change of protocol nothing more of this one follows.
            answer.status == 101 || length.is_some_and(|length: usize| answer.body.len() >= length)
        })
    }
}

/// One request. `headers` replace our own `Host` and `Connection`; a `body` is JSON.
///
/// # Errors
/// When nobody answers, or not in HTTP.
pub async fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> std::io::Result<Answer> {
    let mut stream = tokio::net::TcpStream::connect(address).await?;
    stream.write_all(request(address, method, path, headers, body).as_bytes()).await?;
    let (mut bytes, mut part) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        let read = stream.read(&mut part).await?;
        bytes.extend_from_slice(&part[..read]);
        if read == 0 || Answer::is_whole(&bytes) {
            return Answer::parse(&bytes);
        }
    }
}

/// As [`ask`], for places that cannot wait asynchronously: giving a session back when a test ends, also by a panic.
///
/// # Errors
/// As [`ask`].
pub fn ask_now(address: SocketAddr, method: &str, path: &str) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(request(address, method, path, &[], None).as_bytes())?;
    let (mut bytes, mut part) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        let read = stream.read(&mut part)?;
        bytes.extend_from_slice(&part[..read]);
        if read == 0 || Answer::is_whole(&bytes) {
            return Answer::parse(&bytes);
        }
    }
}

fn request(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\n");
    let ours = [("Host", address.to_string()), ("Connection", "close".to_owned())];
    let ours = ours.iter().map(|(name, value)| (*name, value.as_str()));
    let replaced = |name: &str| headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    for (name, value) in ours.filter(|(name, _)| !replaced(name)).chain(headers.iter().copied()) {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(body) = body {
        text.push_str(&format!("Content-Type: application/json; charset=utf-8\r\nContent-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body.unwrap_or_default());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_length_says_so() {
        let head = "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\nX-Name: a: b\r\n\r\n";
        assert!(!Answer::is_whole(format!("{head}ab").as_bytes()));
        assert!(Answer::is_whole(format!("{head}abc").as_bytes()));
        let answer = Answer::parse(format!("{head}abc").as_bytes()).unwrap();
        assert_eq!((answer.status, answer.header("x-name"), answer.text().as_str()), (404, Some("a: b"), "abc"));
    }
}
