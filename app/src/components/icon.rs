//! Line icons from `assets/icons.svg`, which the page holds once.

use dioxus::prelude::*;

/// An icon beside words, hidden from screen readers; with a `label` it stands for itself.
#[component]
pub fn Icon(
    name: &'static str,
    #[props(default)] small: bool,
    #[props(default)] flip: bool,
    label: Option<String>,
    #[props(default)] class: &'static str,
) -> Element {
    let class = format!("i{}{} {class}", if small { " s" } else { "" }, if flip { " flip" } else { "" });
    rsx! {
        svg {
            class: "{class.trim_end()}",
            role: label.as_ref().map(|_| "img"),
            "aria-label": label.clone(),
            "aria-hidden": label.is_none().then_some("true"),
            r#use { href: "#i-{name}" }
        }
    }
}

/// The name of the program, drawn with one pen; the carbon copy shows through the sheet.
#[component]
pub fn Wordmark(#[props(default)] large: bool) -> Element {
    let letters: [(u16, &str); 9] = [
        (4, "M23 40a20 20 0 1 1-.1 0"),
        (56, "M6 80V42M6 60c0-12 6-19.5 15.5-19.500S37 47 37 58v22"),
        (106, "M8 80V42"),
        (130, "M23 40a20 20 0 1 1-.1 0"),
        (182, "M6 80V42M6 60c0-12 6-19.5 15.5-19.500S37 47 37 58v22"),
        (
            232,
            "M31 45.500c-4-3.6-8.5-5.5-13.5-5.500C11 40 6.5 43.6 6.5 49c0 12.5 25 7.5 25 20.500\
             C31.5 76 26 80.5 18.5 80.500c-5.5 0-10.5-2-14-6",
        ),
        (274, "M6 22v58M32 41 7 64M15.5 56.5 34 80"),
        (317, "M8 80V42"),
        (341, "M6 80V42M6 60c0-12 6-19.5 15.5-19.500S37 47 37 58v22"),
    ];
    let copies = [("0.26", "translate(4.5 4)", "var(--accent)"), ("1", "", "currentColor")];
    rsx! {
        svg {
            class: if large { "wordmark large" } else { "wordmark" },
            view_box: "0 14 395 76",
            fill: "none",
            stroke: "currentColor",
            stroke_width: "6.4",
            stroke_linecap: "round",
            stroke_linejoin: "round",
            role: "img",
            "aria-label": "Onionskin",
            for (opacity, place, ink) in copies {
                g { opacity, transform: place, stroke: ink,
                    for (x, line) in letters {
                        path { transform: "translate({x} 0)", d: line }
                    }
                    g { fill: ink, stroke: "none",
                        circle { cx: "114", cy: "27", r: "4.6" }
                        circle { cx: "325", cy: "27", r: "4.6" }
                    }
                }
            }
        }
    }
}
