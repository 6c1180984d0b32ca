//! An icon in the panel of the desktop that brings the window back.
//!
//! Panels that show such icons take them over D-Bus; a desktop without one has no place for it, and there a second
//! start brings the window back. Source: freedesktop.org, Status Notifier Item.

use std::time::Duration;

use zbus::zvariant::OwnedObjectPath;
use zbus::{Connection, interface};

use super::single::Bell;

/// Shows the icon for as long as the connection is kept; `None` where there is no panel for it.
pub async fn show(bell: Bell) -> Option<Connection> {
    let shown = async {
        let bus = Connection::session().await?;
        bus.object_server().at(PLACE, Item { bell }).await?;
        let name = format!("org.kde.StatusNotifierItem-{}-1", std::process::id());
        bus.request_name(name.as_str()).await?;
        let watcher = ("org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher");
        let call = bus.call_method(Some(watcher.0), watcher.1, Some(watcher.0), "RegisterStatusNotifierItem", &name);
        call.await?;
        zbus::Result::Ok(bus)
    };
    match tokio::time::timeout(LONGEST, shown).await {
        Ok(Ok(bus)) => Some(bus),
        Ok(Err(error)) => {
            tracing::debug!(%error, "the desktop shows no icon for this program");
            None
        }
        Err(_) => None,
    }
}

/// What the panel asks.
struct Item {
    bell: Bell,
}

/// Width, height and the pixels of an icon: alpha, red, green, blue.
type Pixels = (i32, i32, Vec<u8>);

#[interface(name = "org.kde.StatusNotifierItem")]
impl Item {
    #[zbus(property)]
    fn category(&self) -> &str {
        "Communications"
    }

    #[zbus(property)]
    fn id(&self) -> &str {
        "onionskin"
    }

    #[zbus(property)]
    fn title(&self) -> &str {
        "Onionskin"
    }

    #[zbus(property)]
    fn status(&self) -> &str {
        "Active"
    }

    #[zbus(property)]
    fn icon_name(&self) -> &str {
        ""
    }

    #[zbus(property)]
    fn icon_pixmap(&self) -> Vec<Pixels> {
        vec![(SIDE, SIDE, skins(SIDE))]
    }

    #[zbus(property)]
    fn item_is_menu(&self) -> bool {
        false
    }

    #[zbus(property)]
    fn menu(&self) -> OwnedObjectPath {
        OwnedObjectPath::try_from("/NO_DBUSMENU").unwrap_or_default()
    }

    fn activate(&self, _x: i32, _y: i32) {
        self.bell.ring();
    }

    fn secondary_activate(&self, _x: i32, _y: i32) {
        self.bell.ring();
    }

    fn context_menu(&self, _x: i32, _y: i32) {
        self.bell.ring();
    }

    fn scroll(&self, _delta: i32, _orientation: &str) {}
}

/// Three skins around a letter: rings, one inside the other, in a blue that stands out on light and on dark panels.
fn skins(side: i32) -> Vec<u8> {
    let middle = f64::from(side - 1) / 2.0;
    let ink = |x: i32, y: i32| {
        let (right, down) = (f64::from(x) - middle, f64::from(y) - middle);
        let away = right.hypot(down) / middle * 6.0;
        let is_ring = away <= 6.0 && (away < 1.6 || away.rem_euclid(2.0) < 1.0);
        if is_ring { [0xff, 0x6f, 0xa8, 0xe0] } else { [0; 4] }
    };
    (0..side).flat_map(|y| (0..side).flat_map(move |x| ink(x, y))).collect()
}

/// Where the panel looks for it.
const PLACE: &str = "/StatusNotifierItem";
/// Pixels of the icon's side.
const SIDE: i32 = 32;
/// A bus that does not answer keeps nothing waiting.
const LONGEST: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_icon_is_a_square_of_whole_pixels_with_something_on_it() {
        let pixels = skins(SIDE);
        assert_eq!(pixels.len(), 32 * 32 * 4);
        let seen = pixels.as_chunks::<4>().0.iter().filter(|pixel| pixel[0] == 0xff).count();
        assert!((200..900).contains(&seen), "{seen}");
    }
}
