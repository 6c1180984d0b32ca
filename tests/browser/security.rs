//! What the page may do: talk to its own interface and to nothing else; and who may see the page.

use onionskin_tests::browser::wire;
use serde_json::{Value, json};

use super::{Story, at_home, fresh, world};

/// The policy in the header and the one in the page; both must hold.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_policy_shuts_everything_but_the_pages_own_scripts_and_socket() -> Story {
    let world = world().await?;
    let (app, page) = fresh(&world).await;
    let path = app.url().replace(&format!("http://{}", app.served().address()), "");
    let answer = wire::ask(app.served().address(), "GET", &path, &[], None).await?;
    let header = answer.header("content-security-policy").unwrap().to_owned();
    let meta = page.run("return document.querySelector('meta[http-equiv]').content").await;
    for policy in [header.as_str(), meta.as_str().unwrap()] {
        let rule = |name: &str| {
            let mut rules = policy.split(';').map(str::trim).filter(|rule| rule.split(' ').next() == Some(name));
            let rule = rules.next().unwrap_or_else(|| panic!("no {name} in {policy}"));
            assert!(rules.next().is_none(), "{name} stands twice, and only the first holds");
            rule.to_owned()
        };
        assert_eq!(rule("default-src"), "default-src 'none'");
        for shut in ["frame-src", "worker-src", "object-src", "base-uri", "form-action", "font-src"] {
            assert_eq!(rule(shut), format!("{shut} 'none'"));
        }
        let scripts = rule("script-src");
        assert!(scripts.contains("'nonce-") && !scripts.contains("unsafe-inline"), "{scripts}");
        let reach = rule("connect-src");
        assert_eq!(reach, format!("connect-src ws://{}{path}socket", app.served().address()), "one socket and no more");
        for remote in ["https:", "http:", "*"] {
            assert!(!policy.contains(remote), "{remote} in {policy}");
        }
    }
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let again = wire::ask(app.served().address(), "GET", &path, &[], None).await?;
    assert_ne!(again.header("content-security-policy"), Some(header.as_str()), "each page has a nonce of its own");
    Ok(())
}

/// Should foreign markup ever get into the page, its scripts do not run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_that_got_into_the_page_does_not_run() -> Story {
    let world = world().await?;
    let (_app, page) = at_home(&world, "Ana").await;
    let tries = "
        window.ran = [];
        const script = document.createElement('script');
        script.textContent = 'window.ran.push(\"inline\")';
        document.body.append(script);
        const holder = document.createElement('div');
        holder.innerHTML = '<img src=x onerror=\"window.ran.push(1)\"><svg onload=\"window.ran.push(2)\"></svg><iframe srcdoc=\"<script>parent.ran.push(3)</script>\"></iframe>';
        document.body.append(holder);
        const link = document.createElement('a');
        link.href = 'javascript:window.ran.push(4)';
        document.body.append(link);
        link.click();
        const remote = document.createElement('script');
        remote.src = 'data:text/javascript,window.ran.push(5)';
        remote.onerror = () => { window.refused = true; };
        document.body.append(remote);";
    page.run(tries).await;
    page.until("the last of them was refused", "return window.refused").await;
    assert_eq!(page.run("return window.ran").await, json!([]));
    Ok(())
}

/// Neither another host nor a file of this machine can be asked from the page, by any door.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_reaches_no_other_host_and_no_file() -> Story {
    let world = world().await?;
    let (app, page) = at_home(&world, "Ana").await;
    // A host that answers, so that a refusal is ours.
    let other = super::App::start(&world, "en").await;
    let reached = "
        const [doors, tell] = [arguments[0], arguments[arguments.length - 1]];
        const frame = document.createElement('iframe');
        frame.hidden = true;
        document.body.append(frame);
        const attempt = async (address) => {
          const ways = [
            () => fetch(address), () => fetch(address, { mode: 'no-cors' }), () => frame.contentWindow.fetch(address),
            () => new Promise((done, fail) => { const ask = new XMLHttpRequest(); ask.open('GET', address); ask.onload = done; ask.onerror = fail; ask.send(); }),
            () => new Promise((done, fail) => { const image = new Image(); image.onload = done; image.onerror = fail; image.src = address; }),
            () => new Promise((done, fail) => { const socket = new WebSocket(address.replace('http', 'ws')); socket.onopen = done; socket.onerror = fail; }),
            () => new Promise((done, fail) => { const source = new EventSource(address); source.onopen = done; source.onerror = fail; }),
            () => new Promise((done, fail) => { const script = document.createElement('script'); script.onload = done; script.onerror = fail; script.src = address; document.body.append(script); }),
            () => new Promise((done, fail) => { const link = document.createElement('link'); link.rel = 'stylesheet'; link.onload = done; link.onerror = fail; link.href = address; document.body.append(link); }),
            () => { if (!navigator.sendBeacon(address, 'x')) throw 0; },
          ];
          const through = [];
          for (const [number, way] of ways.entries()) {
            try { await way(); through.push(address + ' by way ' + number); } catch { /* as it should be */ }
          }
          return through;
        };
        Promise.all(doors.map(attempt)).then((all) => tell(all.flat()));";
    let doors = [
        other.url(),
        format!("{}socket", other.url()),
        format!("http://{}/etc/passwd", app.served().address()),
        "/etc/passwd".to_owned(),
        "file:///etc/passwd".to_owned(),
    ];
    let through = page.run_until_told(reached, vec![Value::from(doors.to_vec())]).await;
    assert_eq!(through, json!([]));
    Ok(())
}

/// The address holds a secret; who does not know it, or comes from elsewhere, finds nothing.
#[tokio::test]
async fn whoever_does_not_know_the_secret_or_comes_from_elsewhere_finds_nothing() -> Story {
    let world = world().await?;
    let app = super::App::start(&world, "en").await;
    let address = app.served().address();
    let path = app.url().replace(&format!("http://{address}"), "");
    let (host, origin) = (address.to_string(), format!("http://{address}"));
    let wrong = format!("/{}/", "0".repeat(32));
    let upgrade = [
        ("Host", host.as_str()),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let elsewhere = |origin: &'static str| [upgrade.as_slice(), &[("Origin", origin)]].concat();
    let socket = format!("{path}socket");
    let at_home = [upgrade.as_slice(), &[("Origin", origin.as_str())]].concat();
    assert_eq!(wire::ask(address, "GET", &path, &[], None).await?.status, 200);
    assert_eq!(wire::ask(address, "GET", &socket, &at_home, None).await?.status, 101);
    let strangers: Vec<(&str, Vec<(&str, &str)>)> = vec![
        ("/", vec![]),
        (&wrong, vec![]),
        (path.trim_end_matches('/'), vec![]),
        (&path, vec![("Host", "onionskin.example")]),
        (&path, vec![("Host", "localhost")]),
        (&path, vec![("Origin", "https://onionskin.example")]),
        (&path, vec![("Origin", "null")]),
        (&socket, elsewhere("https://onionskin.example")),
        (&socket, elsewhere("null")),
        ("/etc/passwd", vec![]),
        ("/../../etc/passwd", vec![]),
    ];
    for (path, headers) in strangers {
        let answer = wire::ask(address, "GET", path, &headers, None).await?;
        assert_eq!((answer.status, answer.body.len()), (404, 0), "{path} {headers:?}");
    }
    Ok(())
}

/// The page is for tests and the demo: no release build has it, and no plain build either.
#[test]
fn the_page_is_no_part_of_a_release() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let manifest = std::fs::read_to_string(root.join("app/Cargo.toml")).unwrap();
    let default = manifest.lines().find(|line| line.starts_with("default = ")).unwrap();
    assert_eq!(default, "default = [\"desktop\"]");
    let launchers = std::fs::read_to_string(root.join("app/src/launch/mod.rs")).unwrap();
    let lines: Vec<&str> = launchers.lines().map(str::trim).collect();
    for (at, line) in lines.iter().enumerate() {
        if line.contains("mod browser") || line.contains("browser::") && !line.starts_with("//") {
            let guard = lines[..at].iter().rev().find(|line| line.starts_with("#[cfg")).unwrap();
            assert_eq!(*guard, "#[cfg(all(feature = \"browser\", debug_assertions))]", "{line}");
        }
    }
    let options = std::fs::read_to_string(root.join("app/src/options.rs")).unwrap();
    assert!(options.contains("HAS_BROWSER: bool = cfg!(all(feature = \"browser\", debug_assertions))"));
    assert_eq!(onionskin::options::HAS_BROWSER, cfg!(debug_assertions));
}
