//! Tells the stories, when they are compiled, whether they will meet a foreign network (`NETWORK_FILE`): those that need
//! faults, the network's log or a moved clock then count as ignored and not as passed.

fn main() {
    println!("cargo::rerun-if-env-changed=NETWORK_FILE");
    println!("cargo::rustc-check-cfg=cfg(foreign_network)");
    if std::env::var_os("NETWORK_FILE").is_some() {
        println!("cargo::rustc-cfg=foreign_network");
    }
}
