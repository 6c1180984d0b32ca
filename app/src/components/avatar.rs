//! The picture that is drawn from an Account ID alone. Decoration, never proof of who somebody is.

use std::sync::atomic::{AtomicU64, Ordering};

use dioxus::prelude::*;
use onionskin_core::AccountId;
use unicode_segmentation::UnicodeSegmentation as _;

use crate::text::short_id;

/// Twelve papers: light, deep, ink.
const PAPERS: [[&str; 3]; 12] = [
    ["#F8E0DC", "#EDC0BA", "#6E2A2A"],
    ["#FAE6D0", "#F0CBA3", "#6A3B10"],
    ["#F7ECCB", "#E8D493", "#574209"],
    ["#E9EFD2", "#CBD79F", "#3A4712"],
    ["#DDEFE2", "#B4D9C0", "#1D4D34"],
    ["#D9EEEC", "#A9D5D1", "#164A47"],
    ["#DCEBF5", "#AECEE5", "#1B4464"],
    ["#E2E8F8", "#BAC7EA", "#2B3B78"],
    ["#EAE4F5", "#CBBDE7", "#46307A"],
    ["#F3E1EF", "#E0B9D6", "#662A5A"],
    ["#F3E4DB", "#DABCAC", "#5C3523"],
    ["#E8EAEC", "#C3C9CE", "#333E48"],
];

/// Numbers the gradients.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// The picture of an account, with the initials of `name`.
#[component]
pub fn Avatar(
    account: AccountId,
    name: String,
    #[props(default)] class: &'static str,
    #[props(default)] note: bool,
    children: Element,
) -> Element {
    let [b0, b1, b2, b3, b4, b5, b6, ..] = *account.x25519();
    let [light, deep, ink] = PAPERS.get(usize::from(b0) % PAPERS.len()).copied().unwrap_or_default();
    let turn = u32::from(b1) * 180 / 255;
    let (ax, ay) = (34 + u32::from(b3) * 28 / 255, 36 + u32::from(b4) * 20 / 255);
    let (bx, by) = (30 + u32::from(b5) * 30 / 255, 40 + u32::from(b6) * 20 / 255);
    let more = turn + 50 + u32::from(b2) * 80 / 255;
    // An id that stands for a name has no initials.
    let initials = if name == short_id(&account) { String::new() } else { initials(&name) };
    // Its own in every place: a gradient with the same name in a hidden list would not be drawn in the visible one.
    let number = use_hook(|| NEXT.fetch_add(1, Ordering::Relaxed));
    let gradient = format!("p-{number}");
    rsx! {
        span { class: "av {class}",
            svg { view_box: "0 0 96 96", "aria-hidden": "true",
                defs {
                    linearGradient { id: "{gradient}", gradient_transform: "rotate({turn} .5 .5)",
                        stop { stop_color: light }
                        stop { offset: "1", stop_color: deep }
                    }
                }
                rect { width: "96", height: "96", fill: "url(#{gradient})" }
                rect { x: "-10", y: "0", width: "90", height: "90",
                    transform: "rotate({turn} {ax} {ay}) translate({ax - 20} {ay - 10})", fill: deep, opacity: "0.38"
                }
                rect { x: "0", y: "0", width: "90", height: "90",
                    transform: "rotate({more} {bx} {by}) translate({bx - 10} {by})", fill: "#fff", opacity: "0.42"
                }
                if note || initials.is_empty() {
                    g { transform: "translate(24 24) scale(2)", fill: "none", stroke: ink, stroke_width: "1.5",
                        stroke_linecap: "round", stroke_linejoin: "round",
                        path {
                            d: if note {
                                "M6 4.2h12v15.6l-6-4.4-6 4.4zM9.4 8.4h5.2"
                            } else {
                                "M4 10.2v8h16v-8L12 4zM4.2 10.8 12 15.6l7.8-4.8"
                            }
                        }
                    }
                } else {
                    text { x: "48", y: "48", dy: ".36em", text_anchor: "middle",
                        font_family: "system-ui, Roboto, sans-serif", font_size: "34", font_weight: "600", fill: ink,
                        "{initials}"
                    }
                }
            }
            {children}
        }
    }
}

/// The first letters of the first two words, whole user-perceived characters, upper case; empty when there is no
/// letter.
fn initials(name: &str) -> String {
    name.split_whitespace()
        .filter_map(|word| word.graphemes(true).next())
        .filter(|first| first.chars().next().is_some_and(char::is_alphanumeric))
        .take(2)
        .flat_map(str::chars)
        .flat_map(char::to_uppercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_whole_letters_of_two_words() {
        for (name, expected) in
            [("Ana Reis", "AR"), ("ines", "I"), ("  émile  zola x", "ÉZ"), ("🚂 train", "T"), ("…", ""), ("नमस्ते", "न")]
        {
            assert_eq!(initials(name), expected, "{name}");
        }
    }
}
