//! The interface in real browsers: what a person sees and does, told as stories over the local network.
//!
//! The interface runs in this process, so a story also holds the program itself and the network. One file for each theme;
//! `onionskin_tests::browser` holds the language they are told in.
#![cfg(debug_assertions)] // release builds have no page to show
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

mod accounts;
mod comfort;
mod everybody;
mod first_run;
mod hands;
mod letters;
mod many;
mod people;
mod security;

use onionskin_tests::browser::{App, Browser, PHONE, Page};
use onionskin_tests::people::{Story, Told, World};

/// A world for pages: always a local network, whose time can be moved.
async fn world() -> Told<World> {
    Ok(World::local().await?.ok_or("pages need a local network")?)
}

/// A phone's page with the first screen of an empty device.
async fn fresh(world: &World) -> (App, Page) {
    let app = App::start(world, "en").await;
    let page = Browser::Chromium.open(PHONE).await;
    page.goto(&app.url()).await;
    (app, page)
}

/// A phone's page with a new account at home.
async fn at_home(world: &World, name: &str) -> (App, Page) {
    let (app, page) = fresh(world).await;
    create(&page, name).await;
    (app, page)
}

/// Makes an account, as a person does.
async fn create(page: &Page, name: &str) {
    page.click("create").await;
    page.write("name", name).await;
    page.click("continue").await;
    page.id("settings").await;
}
