//! Whole letters: what is found in them, and where they are cut.

use super::*;

fn linked_in(text: &str) -> Vec<String> {
    let address = |piece| match piece {
        Piece::Link(_, address) => Some(address),
        Piece::Text(_) | Piece::Account(..) | Piece::Code(_) => None,
    };
    pieces(text).into_iter().filter_map(address).collect()
}

fn whole(pieces: &[Piece]) -> String {
    pieces.iter().map(Piece::shown).collect()
}

/// People saw „https://example.org/low“ lead to a page that does not exist.
#[test]
fn an_address_ends_before_a_mark_of_any_script_that_closes_what_it_did_not_open() {
    for (text, expected) in [
        ("„https://example.org/low“", "https://example.org/low"),
        ("«https://example.org/a»", "https://example.org/a"),
        ("»https://example.org/a«", "https://example.org/a"),
        ("‘https://example.org/s’", "https://example.org/s"),
        ("\"https://example.org/d\"", "https://example.org/d"),
        ("'https://example.org/e'", "https://example.org/e"),
        ("（https://example.org/b）と", "https://example.org/b"),
        ("「https://example.org/c」", "https://example.org/c"),
        ("請看https://example.org/a，然後回覆", "https://example.org/a"),
        ("請看https://example.org然後回覆", "https://example.org"),
        ("(https://example.org/f)", "https://example.org/f"),
        ("<https://example.org/g>", "https://example.org/g"),
        ("[page](https://example.org/h).", "https://example.org/h"),
        ("see https://example.org/i, and", "https://example.org/i"),
        ("https://example.org/j؟", "https://example.org/j"),
        ("https://example.org/(", "https://example.org/"),
    ] {
        assert_eq!(linked_in(text), [expected], "{text}");
        assert_eq!(whole(&pieces(text)), text, "nothing of it is lost");
    }
}

#[test]
fn what_belongs_to_an_address_stays_in_it() {
    for text in [
        "https://en.wikipedia.org/wiki/A_(b)",
        "https://a--b.example.org/c",
        "https://example.org/it's_",
        "https://example.org/a,b;c",
        "https://example.org/päth/日本語/🎉",
        "https://example.org/„a“",
        "HTTPS://EXAMPLE.ORG/A",
        "https://münchen.example/",
        "https://例子.公司/a",
        "http://[2001:db8::1]:8080/x",
        "http://192.0.2.1:8080/x?y=z#w",
        "https://user@example.org/",
    ] {
        assert_eq!(linked_in(text), [text], "{text}");
    }
}

#[test]
fn names_without_a_scheme_are_links_where_they_are_meant_as_such() {
    for (text, expected) in [
        ("www.z.test", "https://www.z.test"),
        ("see WWW.example.org/a.", "https://WWW.example.org/a"),
        ("example.org", "https://example.org"),
        ("(example.org)", "https://example.org"),
        ("at example.org:8080/x?y, then", "https://example.org:8080/x?y"),
        ("пример.рф", "https://пример.рф"),
        ("例子.公司", "https://例子.公司"),
        ("उदाहरण.भारत", "https://उदाहरण.भारत"),
        ("xn--e1afmkfd.xn--p1ai", "https://xn--e1afmkfd.xn--p1ai"),
        ("请看example.org", "https://example.org"),
        ("example.org에서", "https://example.org"),
        ("docs.rs/url", "https://docs.rs/url"),
        ("www.docs.rs", "https://www.docs.rs"),
        ("ana@example.org", "mailto:ana@example.org"),
        ("mail: ana.reis+x@mail.example.org.", "mailto:ana.reis+x@mail.example.org"),
        ("<ana@example.org>", "mailto:ana@example.org"),
        ("mailto:ana@example.org", "mailto:ana@example.org"),
    ] {
        assert_eq!(linked_in(text), [expected], "{text}");
    }
}

#[test]
fn nothing_else_becomes_a_link() {
    for text in [
        "javascript:alert(1)",
        "ftp://y.test",
        "https://",
        "main.rs and readme.md",
        "at 10.am",
        "e.g. this, i.e. that, z.B. jenes",
        "over.Is it? da.Es",
        "3.14 v1.2.3",
        "a.b.c",
        "...org",
        "@example.org",
        "ana@",
        "ana@localhost",
        "file:///etc/passwd",
        "data:text/html,x",
        "привет.как дела",
        "05d871fc80ca007eed9b2f4df72853e2a2d5465a92fcb1889fb5c84aa2833b3b40",
        "www.",
        "-example-.org",
    ] {
        assert_eq!(linked_in(text), Vec::<String>::new(), "{text}");
        assert_eq!(whole(&pieces(text)), text);
    }
}

#[test]
fn code_is_apart_and_holds_no_links() {
    let code = |text: &str| Piece::Code(text.to_owned());
    let text = |text: &str| Piece::Text(text.to_owned());
    assert_eq!(pieces("run `make test` now"), [text("run "), code("make test"), text(" now")]);
    assert_eq!(pieces("`https://example.org`"), [code("https://example.org")]);
    assert_eq!(pieces("```\na `b`\nc\n```"), [code("a `b`\nc")]);
    for plain in ["a ` b", "`` ``", "`a\nb`", "```", ""] {
        assert_eq!(whole(&pieces(plain)), plain);
        assert!(!pieces(plain).iter().any(|piece| matches!(piece, Piece::Code(_))), "{plain}");
    }
}

/// People saw a link that the fold had cut: it led to another host.
#[test]
fn a_folded_letter_has_no_link_that_the_whole_letter_does_not_have() {
    for shift in 0..40 {
        let start = "x".repeat(shift) + &"word ".repeat(392);
        let text = format!("{start} https://example.org.tickets.example/order?id=123456 {}", "tail ".repeat(60));
        let (folded, cut) = fold(pieces(&text));
        let all = pieces(&text);
        let links = folded.iter().filter(|piece| matches!(piece, Piece::Link(..)));
        assert!(cut && links.clone().all(|link| all.contains(link)), "{shift}: {links:?}");
    }
}

#[test]
fn a_long_letter_is_folded_between_whole_characters_and_at_whole_lines() {
    let folded = |text: &str| {
        let (pieces, cut) = fold(pieces(text));
        (whole(&pieces), cut)
    };
    assert_eq!(folded("short"), ("short".to_owned(), false));
    let (shown, cut) = folded(&"line\n".repeat(40));
    assert_eq!((shown.lines().count(), cut), (FOLDED_LINES, true));
    let family = "👨‍👩‍👧‍👦";
    let (shown, cut) = folded(&format!("{}{family}{family}", "ä".repeat(FOLDED_LETTERS - 1)));
    assert!(cut && shown.ends_with(family) && shown.graphemes(true).count() == FOLDED_LETTERS);
    let (shown, cut) = folded(&"a\u{301}".repeat(30_000));
    assert!(cut && shown.chars().count() <= FOLDED_POINTS);
    assert_eq!(
        folded(&format!("a{}", "\u{301}".repeat(30_000))),
        (String::new(), true),
        "a character of 30,000 points"
    );
}

#[test]
fn what_may_need_many_lines_is_told() {
    assert!(!may_be_long(&"word ".repeat(50)) && may_be_long(&"word ".repeat(100)) && may_be_long(&"\n".repeat(25)));
    assert_eq!(beginning("a👨‍👩‍👧‍👦b", 2), "a👨‍👩‍👧‍👦…");
    assert_eq!(beginning("ab", 2), "ab");
    assert_eq!((before_cut("ab👨‍👩", 5), before_cut("ab👨‍👩", 6)), ("ab", "ab👨‍👩"), "half a family is none");
}

/// Whatever a stranger writes, looking at it takes no time that a person would notice.
#[test]
fn hostile_texts_are_read_once() {
    let before = std::time::Instant::now();
    for text in ["a,", "https://,", "https://a,", "(", "a.a@", "`", "www.", "看a.", "https://(", "a+", "a.org/("] {
        let long = text.repeat(10_000 / text.len());
        assert!(whole(&pieces(&long)).len() <= long.len(), "{text}");
    }
    assert!(before.elapsed() < std::time::Duration::from_secs(5), "{:?}", before.elapsed());
}

#[test]
fn an_account_id_in_a_text_is_a_piece_of_its_own_and_a_longer_number_is_none() {
    let id = "05d871fc80ca007eed9b2f4df72853e2a2d5465a92fcb1889fb5c84aa2833b3b40";
    let account = AccountId::parse(id).unwrap();
    let shape = |text: &str| -> Vec<(bool, String)> {
        pieces(text).into_iter().map(|piece| (matches!(piece, Piece::Account(..)), piece.shown().to_owned())).collect()
    };
    let (yes, no) = (|text: &str| (true, text.to_owned()), |text: &str| (false, text.to_owned()));
    assert_eq!(shape(&format!("mine: {id}, yours?")), [no("mine: "), yes(id), no(", yours?")]);
    assert_eq!(shape(&format!("{id}\n{id}")), [yes(id), no("\n"), yes(id)]);
    assert_eq!(pieces(&id.to_uppercase()), [Piece::Account(id.to_uppercase(), account)]);
    for none in [format!("{id}0"), format!("a{id}"), id.replacen("05", "03", 1), format!("05{}", "0".repeat(64))] {
        assert_eq!(shape(&none), [no(&none)], "{none}");
    }
    let link = format!("https://example.org/{id}");
    assert!(matches!(&pieces(&link)[..], [Piece::Link(..)]), "an address stays one");
    assert!(matches!(&pieces(&format!("`{id}`"))[..], [Piece::Code(_)]));
    let (shown, cut) = fold(pieces(&format!("{}{id}", "x ".repeat(999))));
    assert!(cut && shown.last().is_some_and(|piece| piece.shown() == id), "an id is never cut");
}
