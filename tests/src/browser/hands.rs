//! Hands on a page: fingers that hold and slip, a mouse with its other button, keys pressed together.

use serde_json::{Value, json};

use super::{Browser, Page};

/// A point of the page, in its own pixels.
pub type Point = (f64, f64);

/// What a finger does after it was laid down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finger {
    /// It stays where it is for longer than a long press takes, then goes up.
    Holds,
    /// It stays for a moment and goes up: a tap.
    Taps,
    /// It moves away before a long press is over, stays there, then goes up.
    Slips,
}

impl Page {
    /// The middle of the element for this selector, as soon as it can be seen.
    pub async fn middle(&self, selector: &str) -> Point {
        let element = self.css(selector).await;
        let script = "const box = arguments[0].getBoundingClientRect(); return [box.left + box.width / 2,
          box.top + box.height / 2]";
        let told = self.run_with(script, vec![element.argument()]).await;
        (told[0].as_f64().unwrap_or_default(), told[1].as_f64().unwrap_or_default())
    }

    /// Lays a finger on a point. Chromium gets real touches through its driver; the driver of WebKit has none, so that
    /// its page gets the events that the engine would give it.
    pub async fn finger(&self, (x, y): Point, does: Finger) {
        let (stays, slip) = match does {
            Finger::Holds => (750, 0.0),
            Finger::Taps => (60, 0.0),
            Finger::Slips => (750, 40.0),
        };
        match self.browser() {
            Browser::Chromium => {
                let steps = json!([
                    {"type": "pointerMove", "duration": 0, "x": x.round(), "y": y.round()},
                    {"type": "pointerDown", "button": 0},
                    {"type": "pointerMove", "duration": 30, "x": x.round(), "y": (y + slip).round()},
                    {"type": "pause", "duration": stays},
                    {"type": "pointerUp", "button": 0},
                ]);
                self.act(json!({"type": "pointer", "id": "finger", "parameters": {"pointerType": "touch"},
                  "actions": steps}))
                    .await;
            }
            Browser::WebKit => {
                self.run_until_told(TOUCH, vec![x.into(), y.into(), slip.into(), stays.into()]).await;
            }
        }
    }

    /// Clicks a point with the other button of the mouse.
    pub async fn other_click(&self, (x, y): Point) {
        let steps = json!([
            {"type": "pointerMove", "duration": 0, "x": x.round(), "y": y.round()},
            {"type": "pointerDown", "button": 2},
            {"type": "pointerUp", "button": 2},
        ]);
        self.act(json!({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": steps}))
            .await;
    }

    /// Moves the mouse to a point.
    pub async fn point_at(&self, (x, y): Point) {
        let steps = json!([{"type": "pointerMove", "duration": 0, "x": x.round(), "y": y.round()}]);
        self.act(json!({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": steps}))
            .await;
    }

    /// Presses a key while another one is held.
    pub async fn press_with(&self, held: char, key: char) {
        let (held, key) = (held.to_string(), key.to_string());
        let steps = json!([
            {"type": "keyDown", "value": held}, {"type": "keyDown", "value": key},
            {"type": "keyUp", "value": key}, {"type": "keyUp", "value": held},
        ]);
        self.act(json!({"type": "key", "id": "keyboard", "actions": steps})).await;
    }

    /// The Control key.
    pub const CONTROL: char = '\u{e009}';
    /// The Shift key.
    pub const SHIFT: char = '\u{e008}';
    /// The Tab key.
    pub const TAB: char = '\u{e004}';
    /// The arrow up.
    pub const UP: char = '\u{e013}';

    async fn act(&self, source: Value) {
        self.ask("POST", "/actions", Some(json!({"actions": [source]}))).await;
    }
}

/// A touch as an engine tells it, and the click that follows a tap or a hold.
const TOUCH: &str = "
    const [x, y, slip, stays, tell] = arguments, target = document.elementFromPoint(x, y);
    const pointer = (name, down) => target.dispatchEvent(new PointerEvent(name, { bubbles: true, cancelable: true,
      composed: true,
      pointerId: 7, pointerType: 'touch', isPrimary: true, clientX: x, clientY: y + down }));
    pointer('pointerdown', 0);
    if (slip) pointer('pointermove', slip);
    setTimeout(() => {
      pointer('pointerup', slip);
      if (!slip) target.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, clientX: x,
        clientY: y }));
      tell(true);
    }, stays);";
