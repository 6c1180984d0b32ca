//! QR codes: drawn on the screen, written as pictures, read from pictures.
//!
//! A code that is read is foreign: the size of the file, the formats, the pixels and the memory for them are limited
//! before anything is decoded, and searching them for codes has a budget of work (`sheet`). Both run where they may
//! take their time ([`read_in_background`]).
//!
//! A recovery password travels in a code as the official apps write it: the 16 bytes of the seed in hex. They read that
//! or the words; so do we. The 32 bytes of an account of 25 words are written in hex too, which is ours alone. Source:
//! session-foundation/session-android `MnemonicCodec` (`decodeMnemonicOrHexAsByteArray`) and
//! session-desktop `RecoveryPasswordSettingsPage`.

mod sheet;

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use dioxus::prelude::*;
use image::codecs::{jpeg::JpegDecoder, png::PngDecoder, png::PngEncoder, webp::WebPDecoder};
use image::{DynamicImage, GrayImage, ImageDecoder, ImageFormat, ImageResult, Limits};
use onionskin_core::mnemonic::{PhraseError, parse_phrase, recovery_password};
use onionskin_core::{AccountSeed, cleaned};
use qrcode::{Color, EcLevel, QrCode};
use zeroize::Zeroizing;

use sheet::Sheet;

/// Largest picture file that is read, in bytes. A photo of a modern phone has 3 to 8 million; the page refuses larger
/// ones before it hands them over.
pub const MAX_FILE_BYTES: usize = 12_000_000;

/// Why a picture gives no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QrError {
    /// The file or its pixels are over the limit.
    #[error("picture is too large")]
    TooLarge,
    /// No picture of a kind we read, or a damaged one.
    #[error("picture cannot be read")]
    Unreadable,
    /// A picture without a code that can be read.
    #[error("picture holds no code")]
    NoCode,
}

/// The text of the code in a PNG, JPEG or WebP picture. Takes its time: up to seconds for a large photo.
///
/// # Errors
/// [`QrError`]; whatever the bytes are, no more than [`MAX_PIXELS`] are decoded.
pub fn read(bytes: &[u8]) -> Result<Zeroizing<String>, QrError> {
    let picture = decode(bytes)?;
    // Sharp small codes need every pixel; large noisy photos are found better, and faster, when they are smaller.
    let sizes = [SMALL_SIDE, LARGE_SIDE];
    let longest = picture.width().max(picture.height());
    for side in sizes {
        let scaled = if longest > side { shrink(&picture, side) } else { picture.clone() };
        if let Some(text) = find(&scaled) {
            return Ok(text);
        }
        if longest <= side {
            break;
        }
    }
    Err(QrError::NoCode)
}

/// [`read`] on a thread that may take its time; also survives a decoder that breaks on what it was given.
///
/// # Errors
/// As [`read`].
pub async fn read_in_background(bytes: Zeroizing<Vec<u8>>) -> Result<Zeroizing<String>, QrError> {
    tokio::task::spawn_blocking(move || read(&bytes)).await.unwrap_or(Err(QrError::Unreadable))
}

/// The recovery password in the text of a code: hex of the seed, as the official apps write it, or words.
///
/// # Errors
/// That of the words when it is neither.
pub fn recovery_words(text: &str) -> Result<Zeroizing<String>, PhraseError> {
    let seed = seed_in_hex(cleaned(text).trim()).map_or_else(|| parse_phrase(text), Ok)?;
    Ok(recovery_password(&seed))
}

/// The seed whose digits these are; into a place that is wiped.
fn seed_in_hex(digits: &str) -> Option<AccountSeed> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    let place = bytes.get_mut(..digits.len() / 2)?;
    hex::decode_to_slice(digits, place).ok()?;
    AccountSeed::copy_of(place)
}

/// What the code of a recovery password says: the seed, so that every Session client can read it where 13 or 12 words
/// spell it. `None` when the words are no account.
pub fn recovery_text(words: &str) -> Option<Zeroizing<String>> {
    let seed = parse_phrase(words).ok()?;
    Some(Zeroizing::new(hex::encode(seed.as_bytes())))
}

/// A code as a picture file for a person to keep: PNG, black on white, with the quiet zone; `None` for a text that is
/// too long for a code.
pub fn png(text: &str) -> Option<Vec<u8>> {
    let (dark, width) = matrix(text)?;
    let side = u32::try_from(width).ok()? + 2 * QUIET;
    let scale = (PNG_SIDE / side).max(1);
    let is_dark = |x: u32, y: u32| -> Option<bool> {
        let (x, y) = ((x / scale).checked_sub(QUIET)?, (y / scale).checked_sub(QUIET)?);
        let (x, y) = (usize::try_from(x).ok()?, usize::try_from(y).ok()?);
        (x < width).then(|| dark.get(y * width + x).copied()).flatten()
    };
    let picture = GrayImage::from_fn(side * scale, side * scale, |x, y| {
        image::Luma([if is_dark(x, y) == Some(true) { 0 } else { 255 }])
    });
    let mut file = Cursor::new(Vec::new());
    picture.write_with_encoder(PngEncoder::new(&mut file)).ok()?;
    Some(file.into_inner())
}

/// A code on the screen: dark on light in every theme, because most readers want it so. Its paper is the quiet zone
/// around it, which the sheet it lies on gives.
#[component]
pub fn Code(text: String, label: String) -> Element {
    let Some((dark, width)) = matrix(&text) else { return rsx! {} };
    let line = outline(&dark, width);
    rsx! {
        svg {
            class: "code",
            view_box: "0 0 {width} {width}",
            shape_rendering: "crispEdges",
            role: "img",
            "aria-label": label,
            path { d: line, fill: "#1F2733" }
        }
    }
}

/// The dark modules, row by row, and how many there are in a row.
fn matrix(text: &str) -> Option<(Vec<bool>, usize)> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    Some((code.into_colors().into_iter().map(|color| color == Color::Dark).collect(), width))
}

/// One path: a rectangle for each run of dark modules in a row.
fn outline(dark: &[bool], width: usize) -> String {
    use std::fmt::Write as _;
    let mut line = String::new();
    for (y, row) in dark.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, next| one == next) {
            if run.first() == Some(&true) {
                let long = run.len();
                let _ = write!(line, "M{x} {y}h{long}v1h-{long}z");
            }
            x += run.len();
        }
    }
    line
}

fn decode(bytes: &[u8]) -> Result<GrayImage, QrError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(QrError::TooLarge);
    }
    let format = image::guess_format(bytes).map_err(|_| QrError::Unreadable)?;
    let told = |error| match error {
        image::ImageError::Limits(_) => QrError::TooLarge,
        _ => QrError::Unreadable,
    };
    let mut decoder = decoder(bytes, format).map_err(told)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if width > MAX_SIDE || height > MAX_SIDE || pixels > MAX_PIXELS || decoder.total_bytes() > MAX_MEMORY_BYTES {
        return Err(QrError::TooLarge);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY_BYTES - decoder.total_bytes());
    decoder.set_limits(limits).map_err(told)?;
    let picture = DynamicImage::from_decoder(decoder).map_err(told)?;
    // What is transparent is paper, as it looks on a page.
    let picture = picture.into_luma_alpha8();
    Ok(GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        let image::LumaA([light, cover]) = *picture.get_pixel(x, y);
        let shown = (u16::from(light) * u16::from(cover) + 255 * u16::from(255 - cover)) / 255;
        image::Luma([u8::try_from(shown).unwrap_or(u8::MAX)])
    }))
}

/// The decoder of one of three formats. Whoever asks the library by format links what it has for any of them, and the
/// window's library switches all of them on.
fn decoder(bytes: &[u8], format: ImageFormat) -> ImageResult<Box<dyn ImageDecoder + '_>> {
    let file = Cursor::new(bytes);
    Ok(match format {
        ImageFormat::Png => Box::new(PngDecoder::new(file)?),
        ImageFormat::Jpeg => Box::new(JpegDecoder::new(file)?),
        ImageFormat::WebP => Box::new(WebPDecoder::new(file)?),
        other => return Err(image::ImageError::Unsupported(image::error::ImageFormatHint::Exact(other).into())),
    })
}

fn shrink(picture: &GrayImage, side: u32) -> GrayImage {
    let longest = picture.width().max(picture.height()).max(1);
    let scaled =
        |length: u32| u32::try_from(u64::from(length) * u64::from(side) / u64::from(longest)).unwrap_or(1).max(1);
    image::imageops::thumbnail(picture, scaled(picture.width()), scaled(picture.height()))
}

fn find(picture: &GrayImage) -> Option<Zeroizing<String>> {
    // A code at the very edge of a screenshot lacks its quiet zone: give it one.
    let (width, height) = (picture.width().checked_add(2 * MARGIN)?, picture.height().checked_add(2 * MARGIN)?);
    let mut paper = GrayImage::from_pixel(width, height, image::Luma([u8::MAX]));
    image::imageops::replace(&mut paper, picture, i64::from(MARGIN), i64::from(MARGIN));
    let search = || {
        let mut prepared = rqrr::PreparedImage::prepare(Sheet::new(paper, WORK));
        prepared.detect_grids().into_iter().take(MAX_CODES).find_map(|grid| {
            let (_, text) = grid.decode().ok()?;
            Some(Zeroizing::new(text))
        })
    };
    // Nothing of what was searched is used after it broke off.
    catch_unwind(AssertUnwindSafe(search)).ok().flatten()
}

/// Most pixels that are decoded; a photo of 48 megapixels passes.
pub const MAX_PIXELS: u64 = 50_000_000;
/// Longest side. A larger picture is a panorama, or an attack.
const MAX_SIDE: u32 = 20_000;
/// Memory for decoding: the pixels in four bytes each.
const MAX_MEMORY_BYTES: u64 = MAX_PIXELS * 4 + 16_000_000;
/// A photo of a code is searched at this size first, then at the larger one.
const SMALL_SIDE: u32 = 1_200;
const LARGE_SIDE: u32 = 3_000;
/// Codes looked at in one picture.
const MAX_CODES: usize = 16;
/// Light pixels put around a picture.
const MARGIN: u32 = 16;
/// Steps that searching one picture may take: a photo of 9 megapixels with a code takes about 60 million, a second or
/// so on a phone. A picture full of finder patterns would take thousands of millions.
const WORK: u64 = 400_000_000;
/// Modules of light around a code, as the standard asks.
const QUIET: u32 = 4;
/// About how many pixels a saved code has on a side.
const PNG_SIDE: u32 = 1_200;

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "05d871fc80ca007eed9b2f4df72853e2a2d5465a92fcb1889fb5c84aa2833b3b40";

    #[test]
    fn what_is_written_can_be_read() {
        let file = png(ID).unwrap();
        assert_eq!(read(&file).unwrap().as_str(), ID);
        let (width, height) =
            image::load_from_memory(&file).map(|picture| (picture.width(), picture.height())).unwrap();
        assert!(width == height && (800..=1_200).contains(&width), "{width}");
    }

    #[test]
    fn a_code_is_read_from_a_photo_and_from_a_clear_cut_without_margin() {
        let code = image::load_from_memory(&png(ID).unwrap()).unwrap().into_luma8();
        // Small in a large, grey, noisy picture, as a camera gives it.
        let small = image::imageops::resize(&code, 420, 420, image::imageops::FilterType::Triangle);
        let mut photo = GrayImage::from_fn(3_200, 2_400, |x, y| image::Luma([120 + ((x * 7 + y * 13) % 23) as u8]));
        image::imageops::replace(&mut photo, &small, 1_500, 900);
        let mut file = Cursor::new(Vec::new());
        photo.write_to(&mut file, ImageFormat::Jpeg).unwrap();
        assert_eq!(read(file.get_ref()).unwrap().as_str(), ID);
        let quiet = code.width() / 41 * QUIET;
        let cut = image::imageops::crop_imm(&code, quiet, quiet, code.width() - 2 * quiet, code.height() - 2 * quiet);
        let mut file = Cursor::new(Vec::new());
        cut.to_image().write_to(&mut file, ImageFormat::WebP).unwrap();
        assert_eq!(read(file.get_ref()).unwrap().as_str(), ID);
    }

    #[test]
    fn a_transparent_picture_lies_on_paper() {
        let code = image::load_from_memory(&png(ID).unwrap()).unwrap().into_luma8();
        let clear = image::RgbaImage::from_fn(code.width(), code.height(), |x, y| {
            image::Rgba([0, 0, 0, 255 - code.get_pixel(x, y).0[0]])
        });
        let mut file = Cursor::new(Vec::new());
        clear.write_to(&mut file, ImageFormat::Png).unwrap();
        assert_eq!(read(file.get_ref()).unwrap().as_str(), ID);
    }

    /// A PNG that says it has this size and holds next to nothing.
    fn bomb(width: u32, height: u32) -> Vec<u8> {
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut chunk = |kind: &[u8; 4], data: &[u8]| {
            file.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
            let body = [kind, data].concat();
            file.extend(&body);
            file.extend(crc(&body).to_be_bytes());
        };
        let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
        chunk(b"IHDR", &head);
        chunk(b"IDAT", &[0x78, 0x9c, 0x63, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01]);
        chunk(b"IEND", b"");
        file
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
        })
    }

    #[test]
    fn a_picture_that_says_it_is_huge_is_refused_before_it_is_decoded() {
        for (width, height) in [(60_000, 60_000), (u32::MAX >> 1, 1), (19_999, 19_999), (1, 30_000)] {
            assert_eq!(read(&bomb(width, height)), Err(QrError::TooLarge), "{width}x{height}");
        }
    }

    #[test]
    fn a_broken_picture_or_none_at_all_is_unreadable() {
        let file = png(ID).unwrap();
        for end in [8, 20, 40, file.len() / 2, file.len() - 30] {
            assert_eq!(read(&file[..end]), Err(QrError::Unreadable), "cut at {end}");
        }
        for bytes in [&b""[..], b"not a picture", b"GIF89a\x01\x00\x01\x00", b"<svg/>", &[0xff; 64]] {
            assert_eq!(read(bytes), Err(QrError::Unreadable));
        }
        assert_eq!(read(&vec![0; MAX_FILE_BYTES + 1]), Err(QrError::TooLarge));
        assert_eq!(read(&bomb(100, 100)), Err(QrError::Unreadable));
    }

    #[test]
    fn a_picture_without_a_code_says_so() {
        for (width, height) in [(1, 1), (1, 4_000), (64, 64), (2_000, 1_300)] {
            let picture = GrayImage::from_fn(width, height, |x, y| image::Luma([((x ^ y) & 255) as u8]));
            let mut file = Cursor::new(Vec::new());
            picture.write_to(&mut file, ImageFormat::Png).unwrap();
            assert_eq!(read(file.get_ref()), Err(QrError::NoCode), "{width}x{height}");
        }
    }

    /// Finder patterns of seven by seven pixels, one every nine: whoever searches pairs of them is busy for minutes.
    #[test]
    fn a_picture_full_of_finder_patterns_is_given_up() {
        let dark = |x: u32, y: u32| {
            let (x, y) = (x % 9, y % 9);
            x < 7 && y < 7 && x.min(y).min(6 - x).min(6 - y) != 1
        };
        let picture = GrayImage::from_fn(600, 600, |x, y| image::Luma([if dark(x, y) { 0 } else { 255 }]));
        let mut file = Cursor::new(Vec::new());
        picture.write_to(&mut file, ImageFormat::Png).unwrap();
        assert_eq!(read(file.get_ref()), Err(QrError::NoCode));
    }

    #[test]
    fn a_recovery_code_holds_the_seed_in_hex_and_words_are_read_too() {
        let words = recovery_password(&AccountSeed::from_bytes([7; 16]));
        let text = recovery_text(&words).unwrap();
        assert_eq!(text.as_str(), "07070707070707070707070707070707");
        assert_eq!(recovery_words(&text).unwrap(), words);
        assert_eq!(recovery_words(&text.to_uppercase()).unwrap(), words);
        assert_eq!(recovery_words(&words).unwrap(), words);
        let long = recovery_password(&AccountSeed::copy_of(&[7; 32]).unwrap());
        let text = recovery_text(&long).unwrap();
        assert_eq!(text.as_str(), "07".repeat(32));
        assert_eq!(recovery_words(&text).unwrap(), long);
        assert_eq!(recovery_words(&format!("{}{}", "07".repeat(16), "00".repeat(16))).unwrap(), words);
        assert!(recovery_words(&"07".repeat(15)).is_err() && recovery_words(&"07".repeat(33)).is_err());
        assert!(recovery_words(ID).is_err() && recovery_words("").is_err());
        assert_eq!(recovery_text("no words"), None);
    }

    #[test]
    fn a_text_too_long_for_a_code_gives_none() {
        assert!(png(&"x".repeat(4_000)).is_none());
        assert_eq!(outline(&[true, true, false, true], 2), "M0 0h2v1h-2zM1 1h1v1h-1z");
    }
}
