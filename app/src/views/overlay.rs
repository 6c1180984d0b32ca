//! What lies over every screen: the short notice, the sheet of keys, the question before a link opens.

mod keys;
mod link;

use dioxus::prelude::*;

use onionskin_core::sleep;

use crate::route::Screen;
use crate::state::{Over, State, Toast, use_state};
use crate::t;

/// The short notice; goes away by itself, and with the screen that it is about.
#[component]
pub fn Toasts() -> Element {
    let mut state = use_state();
    use_resource(move || {
        let stays = state.toast.read().as_ref().map(Toast::stays);
        async move {
            if let Some(stays) = stays {
                sleep(&**state.shell().clock(), stays).await;
                state.toast.set(None);
            }
        }
    });
    use_end_with_screen(state);
    let toast = state.toast.read().clone();
    rsx! {
        div { class: "toasts", role: "status", "aria-live": "polite",
            if let Some(Toast { number, text, undo }) = toast {
                div { class: "toast", key: "{number}",
                    span { "{text}" }
                    if let Some(undo) = undo {
                        button { r#type: "button", id: "undo", onclick: move |_| { undo(); state.toast.set(None); },
                            {t!("undo")}
                        }
                    } else {
                        button { r#type: "button", onclick: move |_| state.toast.set(None), {t!("close")} }
                    }
                }
            }
        }
    }
}

/// Takes the notice away when another screen comes. What leads to another screen itself tells of it there.
fn use_end_with_screen(mut state: State) {
    let mut shown_on = use_signal(|| None::<(u64, Screen)>);
    use_effect(move || {
        let top = state.route.top();
        let Some(number) = state.toast.read().as_ref().map(|toast| toast.number) else { return };
        let told_on = shown_on.peek().clone();
        match told_on {
            Some((shown, screen)) if shown == number => {
                if screen != top {
                    state.toast.set(None);
                }
            }
            _ => shown_on.set(Some((number, top))),
        }
    });
}

/// The sheets that lie over everything.
#[component]
pub fn Overlay() -> Element {
    let over = use_state().over.read().clone();
    match over {
        None => rsx! {},
        Some(Over::Keys) => rsx! { keys::KeysSheet {} },
        Some(Over::Link(address)) => rsx! { link::LinkDialog { key: "{address}", address } },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;
    use crate::platform::{FakeLinks, Platform};
    use crate::shell::Shell;
    use crate::state::use_state_provider;

    /// What lies over the screens, as markup.
    fn over(platform: Platform, over: Over) -> String {
        #[component]
        fn Page(shell: Shell, lies: ReadSignal<Over>) -> Element {
            let mut state = use_state_provider(&shell);
            use_hook(|| state.over.set(Some(lies.peek().clone())));
            rsx! { Overlay {} }
        }
        let folder = tempfile::tempdir().unwrap();
        let options = Options { language: Some("en".to_owned()), ..Options::in_folder(folder.path()) };
        let shell = Shell::new(options, platform).unwrap();
        let root = move |(shell, over): (Shell, Over)| {
            let lies = use_signal(|| over.clone());
            rsx! { Page { shell, lies } }
        };
        let mut dom = VirtualDom::new_with_props(root, (shell, over));
        dom.rebuild_in_place();
        // Without the marks that isolate foreign texts, which nobody sees.
        dioxus_ssr::render(&dom).replace(['\u{2068}', '\u{2069}'], "")
    }

    fn link(platform: Platform, address: &str) -> String {
        over(platform, Over::Link(address.to_owned()))
    }

    fn with_links() -> Platform {
        Platform { links: Some(std::sync::Arc::new(FakeLinks::default())), ..Platform::default() }
    }

    #[test]
    fn a_link_dialog_shows_where_it_leads_and_what_is_odd() {
        let page = link(with_links(), "https://bank.example@evil.example/");
        assert!(page.contains(">evil.example</p>") && page.contains("It leads to evil.example."), "{page}");
        let page = link(with_links(), "https://аррӏе.com/");
        assert!(page.contains("xn--80ak6aa92e.com") && page.contains("look like others"), "{page}");
        let page = link(with_links(), "javascript:alert(1)");
        assert!(page.contains("web and mail addresses only") && !page.contains("link-open"), "{page}");
        let page = link(with_links(), "https://example.org/\"><script>alert(1)</script>");
        assert!(!page.contains("<script"), "{page}");
    }

    #[test]
    fn without_a_browser_to_open_it_a_link_can_be_copied() {
        let page = link(Platform::default(), "https://example.org/");
        assert!(page.contains("link-copy") && !page.contains("link-open"), "{page}");
        assert!(link(with_links(), "https://example.org/").contains("link-open"));
    }

    #[test]
    fn the_sheet_names_every_key_that_the_page_knows() {
        let script = crate::page::script();
        let page = over(Platform::default(), Over::Keys);
        for (known, shown) in
            [("n: \"new\"", ">N<"), ("f: \"search\"", ">F<"), ("l: \"lock\"", ">L<"), ("\"F1\"", ">F1<")]
        {
            assert!(script.contains(known) && page.contains(shown), "{known}");
        }
        assert!(page.contains("role=\"dialog\"") && page.contains("data-escape"));
    }
}
