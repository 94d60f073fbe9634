//! A field whose cursor stops blinking when nobody writes, so that an idle window costs nothing.
//!
//! The toolkit's fields ask for a picture twice a second for as long as they have
//! the keyboard. After ten seconds that wish is not passed on, and the cursor stands still.

use std::time::{Duration, Instant};

use iced::advanced::layout::{Limits, Node};
use iced::advanced::renderer::Style;
use iced::advanced::widget::{Operation, Tree, tree};
use iced::advanced::{Clipboard, Layout, Shell, Widget, mouse, overlay};
use iced::window::RedrawRequest;
use iced::{Element, Event, Length, Rectangle, Renderer, Size, Theme, Vector, window};

use crate::state::{Control, Message};

/// Without a key or a click for so long, nobody writes.
const AFTER: Duration = Duration::from_secs(10);
/// Half a blink, as the toolkit has it.
const BLINK: Duration = Duration::from_millis(500);

/// The field.
#[allow(missing_debug_implementations, reason = "an element has none")]
pub struct Rest<'a>(Element<'a, Message>, Control);

impl<'a> Rest<'a> {
    /// Lets `field` come to rest, and has it say when it is clicked.
    pub fn new(field: impl Into<Element<'a, Message>>, control: Control) -> Self {
        Self(field.into(), control)
    }
}

/// When somebody last wrote, if ever.
#[derive(Debug, Default)]
struct Written(Option<Instant>);

/// Whether the cursor is seen and may stay as it is.
fn rests(written: Instant, now: Instant) -> bool {
    let since = now.saturating_duration_since(written);
    // Pictures come a little after the moment they were asked for.
    since >= AFTER && (since.as_millis() / BLINK.as_millis()).is_multiple_of(2)
}

impl Widget<Message, Theme, Renderer> for Rest<'_> {
    fn tag(&self) -> tree::Tag {
        tree::Tag::of::<Written>()
    }

    fn state(&self) -> tree::State {
        tree::State::new(Written::default())
    }

    fn children(&self) -> Vec<Tree> {
        vec![Tree::new(&self.0)]
    }

    fn diff(&self, tree: &mut Tree) {
        tree.diff_children(std::slice::from_ref(&self.0));
    }

    fn size(&self) -> Size<Length> {
        self.0.as_widget().size()
    }

    fn size_hint(&self) -> Size<Length> {
        self.0.as_widget().size_hint()
    }

    fn layout(&mut self, tree: &mut Tree, renderer: &Renderer, limits: &Limits) -> Node {
        let field = self.0.as_widget_mut();
        let node = field.layout(&mut tree.children[0], renderer, limits);
        Node::with_children(node.size(), vec![node])
    }

    fn operate(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        renderer: &Renderer,
        operation: &mut dyn Operation,
    ) {
        let (field, layout) = (&mut tree.children[0], layout.child(0));
        // Whoever is given the keyboard begins to blink.
        tree.state.downcast_mut::<Written>().0 = None;
        self.0
            .as_widget_mut()
            .operate(field, layout, renderer, operation);
    }

    fn update(
        &mut self,
        tree: &mut Tree,
        event: &Event,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        renderer: &Renderer,
        clipboard: &mut dyn Clipboard,
        shell: &mut Shell<'_, Message>,
        viewport: &Rectangle,
    ) {
        let written = tree.state.downcast_mut::<Written>();
        let rests = match event {
            Event::Window(window::Event::RedrawRequested(now)) => {
                rests(*written.0.get_or_insert(*now), *now)
            }
            Event::Keyboard(_)
            | Event::InputMethod(_)
            | Event::Mouse(mouse::Event::ButtonPressed(_))
            | Event::Window(window::Event::Focused) => {
                written.0 = Some(Instant::now());
                false
            }
            _ => false,
        };
        let clicked = matches!(event, Event::Mouse(mouse::Event::ButtonPressed(_)));
        if clicked && cursor.is_over(layout.bounds()) {
            shell.publish(Message::Focused(self.1));
        }
        let mut messages = Vec::new();
        let mut own = Shell::new(&mut messages);
        let field = self.0.as_widget_mut();
        field.update(
            &mut tree.children[0],
            event,
            layout.child(0),
            cursor,
            renderer,
            clipboard,
            &mut own,
            viewport,
        );
        if rests && matches!(own.redraw_request(), RedrawRequest::At(_)) {
            Shell::replace_redraw_request(&mut own, RedrawRequest::Wait);
        }
        shell.merge(own, std::convert::identity);
    }

    fn draw(
        &self,
        tree: &Tree,
        renderer: &mut Renderer,
        theme: &Theme,
        style: &Style,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        viewport: &Rectangle,
    ) {
        let (field, layout) = (&tree.children[0], layout.child(0));
        let widget = self.0.as_widget();
        widget.draw(field, renderer, theme, style, layout, cursor, viewport);
    }

    fn mouse_interaction(
        &self,
        tree: &Tree,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        viewport: &Rectangle,
        renderer: &Renderer,
    ) -> mouse::Interaction {
        let (field, layout) = (&tree.children[0], layout.child(0));
        let widget = self.0.as_widget();
        widget.mouse_interaction(field, layout, cursor, viewport, renderer)
    }

    fn overlay<'b>(
        &'b mut self,
        tree: &'b mut Tree,
        layout: Layout<'b>,
        renderer: &Renderer,
        viewport: &Rectangle,
        translation: Vector,
    ) -> Option<overlay::Element<'b, Message, Theme, Renderer>> {
        let (field, layout) = (&mut tree.children[0], layout.child(0));
        let widget = self.0.as_widget_mut();
        widget.overlay(field, layout, renderer, viewport, translation)
    }
}

impl<'a> From<Rest<'a>> for Element<'a, Message> {
    fn from(rest: Rest<'a>) -> Self {
        Element::new(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_to_rest_only_where_it_is_seen() {
        let written = Instant::now();
        let after = |millis| rests(written, written + Duration::from_millis(millis));
        assert!(!after(9_000));
        assert!(after(10_010));
        assert!(!after(10_510));
        assert!(after(3_600_020));
    }
}
