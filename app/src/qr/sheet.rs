//! Pixels that count how often they are touched: searching a picture for codes tries pairs of what looks like a corner
//! of one, and copies the picture for each. A picture made for it would keep the search busy for minutes, so it has a
//! budget, and breaks off when that is used up.

use std::cell::Cell;
use std::rc::Rc;

use image_for_rqrr::{GenericImage, GenericImageView, GrayImage, Luma};

/// A picture, and the work that may still be done with it and its copies.
pub(super) struct Sheet {
    picture: GrayImage,
    left: Rc<Cell<u64>>,
}

/// The budget is used up. Unwinds through the search, which has no other way to end early; nobody is told of a panic.
pub(super) struct UsedUp;

impl Sheet {
    /// A picture that may be touched so often.
    pub(super) fn new(picture: image::GrayImage, work: u64) -> Self {
        let (width, height) = picture.dimensions();
        // The same bytes, in the generation of the library that the search knows.
        let picture = GrayImage::from_raw(width, height, picture.into_raw()).unwrap_or_default();
        Self { picture, left: Rc::new(Cell::new(work)) }
    }

    fn pay(&self, steps: u64) {
        match self.left.get().checked_sub(steps) {
            Some(left) => self.left.set(left),
            None => std::panic::resume_unwind(Box::new(UsedUp)),
        }
    }
}

impl Clone for Sheet {
    fn clone(&self) -> Self {
        self.pay(u64::from(self.picture.width()) * u64::from(self.picture.height()) / COPIED_PER_STEP);
        Self { picture: self.picture.clone(), left: self.left.clone() }
    }
}

impl GenericImageView for Sheet {
    type Pixel = Luma<u8>;

    fn dimensions(&self) -> (u32, u32) {
        self.picture.dimensions()
    }

    fn bounds(&self) -> (u32, u32, u32, u32) {
        (0, 0, self.picture.width(), self.picture.height())
    }

    fn get_pixel(&self, x: u32, y: u32) -> Luma<u8> {
        self.pay(1);
        self.picture.get_pixel_checked(x, y).copied().unwrap_or(Luma([u8::MAX]))
    }
}

impl GenericImage for Sheet {
    fn get_pixel_mut(&mut self, x: u32, y: u32) -> &mut Luma<u8> {
        self.pay(1);
        self.picture.get_pixel_mut(x, y)
    }

    fn put_pixel(&mut self, x: u32, y: u32, pixel: Luma<u8>) {
        self.pay(1);
        self.picture.put_pixel(x, y, pixel);
    }

    fn blend_pixel(&mut self, x: u32, y: u32, pixel: Luma<u8>) {
        self.put_pixel(x, y, pixel);
    }
}

/// Copying a pixel with all others costs so much less than looking one up.
const COPIED_PER_STEP: u64 = 16;
