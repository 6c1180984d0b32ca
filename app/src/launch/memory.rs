//! Memory stays out of files: seed, keys and letters stand in it, and a crash would write all of it to a disk.

use rustix::io;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// No core dumps of this process and of those that it starts (the webview shows letters too), and no other program of
/// the same user may look into it. The first is inherited; the second holds for this process alone, since starting a
/// program resets it.
///
/// # Errors
/// What the system says; whichever of the two was possible holds.
pub fn keep_out_of_dumps() -> io::Result<()> {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let limited = setrlimit(Resource::Core, none);
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    limited
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{dumpable_behavior, getrlimit};

    #[test]
    fn nothing_of_the_process_is_written_to_a_core_dump() {
        keep_out_of_dumps().unwrap();
        let limit = getrlimit(Resource::Core);
        assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    }
}
