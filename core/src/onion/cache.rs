//! The file of the cache folder: the node list, which nodes are out, and when seeds were last heard.
//!
//! It lies in plain sight, readable by its owner only, and names no account. What is not understood of it is left out; a
//! damaged file is as good as none.

use std::path::{Path, PathBuf};

use serde::de::MapAccess;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::disk;
use crate::error::{Error, Result};
use crate::network::Network;

use super::directory::{Origin, Pool};
use super::foreign::{Fields, Listed, Loose, object, skip};
use super::list_json::{NODES_ALONE, VOUCHED_BY};
use super::seed_word::{SeedWord, SeedWordFile};
use super::strikes::{Strikes, StrikesFile};

/// What the file holds.
#[derive(Debug, Default)]
pub struct CacheFile {
    pub(super) pool: Option<Pool>,
    pub(super) strikes: Strikes,
    pub(super) seeds: SeedWord,
}

impl CacheFile {
    /// Reads the text of a file.
    pub fn parse(text: &str, now: Timestamp) -> Self {
        let beside: Beside = object(text).unwrap_or_default();
        Self {
            pool: Pool::from_file(text, Origin::Cached, now),
            strikes: beside.strikes.0.map(Strikes::from).unwrap_or_default(),
            seeds: beside.seeds.0.map(SeedWord::from).unwrap_or_default(),
        }
    }

    /// Reads a file; an empty value when there is none, or one over 16 MB.
    pub(super) fn read(file: &Path, now: Timestamp) -> Self {
        let bytes = disk::read_limited(file, MAX_FILE_BYTES as u64);
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        text.map(|text| Self::parse(&text, now)).unwrap_or_default()
    }
}

/// What stands beside the list.
#[derive(Debug, Default)]
struct Beside {
    strikes: Listed<StrikesFile>,
    seeds: Loose<SeedWordFile>,
}

impl<'de> Fields<'de> for Beside {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> std::result::Result<(), A::Error> {
        match name {
            "strikes" => self.strikes = map.next_value()?,
            "seeds" => self.seeds = map.next_value()?,
            _ => skip(map)?,
        }
        Ok(())
    }
}

/// The text of a file.
pub(super) fn to_text(pool: &Pool, network: &str, strikes: &Strikes, seeds: &SeedWord) -> String {
    let mut file = pool.to_file(network);
    if pool.origin() == Origin::WithoutSeeds {
        file.insert(VOUCHED_BY.to_owned(), NODES_ALONE.into());
    }
    file.insert("strikes".to_owned(), strikes.to_json());
    file.insert("seeds".to_owned(), seeds.to_json());
    Value::Object(file).to_string()
}

/// The place of the file in the cache folder, which is made.
///
/// # Errors
/// When the folder cannot be made.
pub(super) fn path(dir: &Path, network: &Network) -> Result<PathBuf> {
    disk::make_or_tighten_folder(dir)
        .map_err(|error| Error::new(disk::kind_of(&error), "cache folder cannot be made").with_source(error))?;
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let file = dir.join(format!("nodes-{}.json", network.name.chars().map(plain).collect::<String>()));
    disk::tighten(&file);
    Ok(file)
}

/// The longest file that is read: 2,000 nodes take about 0.8 MB.
pub(super) const MAX_FILE_BYTES: usize = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onion::node::NodeList;
    use crate::onion::node::tests::node;

    const NOON: Timestamp = Timestamp::from_millis(1_790_000_000_000);

    fn pool(origin: Origin) -> Pool {
        Pool::new(NodeList { height: None, nodes: (1..=14).map(node).collect() }, origin, NOON)
    }

    #[test]
    fn all_of_it_comes_back() {
        let (mut strikes, mut seeds) = (Strikes::default(), SeedWord::default());
        strikes.strike_out(node(3).key, NOON);
        seeds.heard(NOON);
        let text = to_text(&pool(Origin::Seed), "test", &strikes, &seeds);
        let read = CacheFile::parse(&text, NOON);
        assert_eq!(read.pool.as_ref().map(|pool| (pool.len(), pool.origin())), Some((14, Origin::Cached)));
        assert!(read.strikes.is_out(&node(3).key, NOON) && !read.strikes.is_out(&node(4).key, NOON));
        assert_eq!(read.seeds, seeds);
    }

    #[test]
    fn a_list_for_which_nodes_alone_vouch_stays_one_and_no_file_of_somebody_else_is_one() {
        let text = to_text(&pool(Origin::WithoutSeeds), "test", &Strikes::default(), &SeedWord::default());
        let read = |origin| Pool::from_file(&text, origin, NOON).map(|pool| pool.origin());
        assert_eq!(
            (read(Origin::Cached), read(Origin::Imported)),
            (Some(Origin::WithoutSeeds), Some(Origin::Imported))
        );
    }

    #[test]
    fn what_is_not_understood_is_left_out_and_the_rest_counts() {
        let text = to_text(&pool(Origin::Seed), "test", &Strikes::default(), &SeedWord::default());
        for (odd, whole) in [
            (r#""strikes":7"#, true),
            (r#""seeds":[]"#, true),
            (r#""strikes":[{"at":[1]},4,{}]"#, true),
            (r#""x":01"#, false),
        ] {
            let changed = format!("{},{odd}}}", text.strip_suffix('}').unwrap());
            let read = CacheFile::parse(&changed, NOON);
            assert_eq!((read.pool.is_some(), read.strikes), (whole, Strikes::default()), "{odd}");
        }
        assert!(CacheFile::parse("{\"service_node_st", NOON).pool.is_none());
    }
}
