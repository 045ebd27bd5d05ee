//! Results as SVG pictures, for docs/performance.md.

use std::path::Path;

use anyhow::anyhow;
use plotters::coord::Shift;
use plotters::prelude::*;

const SIZE: (u32, u32) = (860, 420);
const FONT: &str = "sans-serif";
/// Told apart without colour too: by their order and their names beside them.
const COLOURS: [RGBColor; 6] = [
    RGBColor(0x1f, 0x4e, 0x79),
    RGBColor(0xb0, 0x5a, 0x2c),
    RGBColor(0x4d, 0x7c, 0x3f),
    RGBColor(0x7a, 0x5a, 0x9a),
    RGBColor(0x8a, 0x6d, 0x1f),
    RGBColor(0x5c, 0x5c, 0x5c),
];

/// A line of a picture.
#[derive(Clone, Debug)]
pub struct Series {
    /// What it is.
    pub name: String,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
}

/// What stands around a picture.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Above it.
    pub title: &'a str,
    /// Below it.
    pub x: &'a str,
    /// Beside it.
    pub y: &'a str,
}

fn area(path: &Path) -> anyhow::Result<DrawingArea<SVGBackend<'_>, Shift>> {
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE).map_err(said)?;
    Ok(area)
}

fn said(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("a plot: {error}")
}

/// Draws lines into an SVG file; nothing where there is no point.
///
/// # Errors
/// As the file system says.
pub fn lines(path: &Path, frame: Frame<'_>, y: (f64, f64), series: &[Series]) -> anyhow::Result<()> {
    let all = || series.iter().flat_map(|one| one.points.iter().map(|point| point.0));
    let (left, right) = (
        all().fold(f64::INFINITY, f64::min),
        all().fold(f64::NEG_INFINITY, f64::max),
    );
    if left >= right {
        return Ok(());
    }
    let area = area(path)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(frame.title, (FONT, 18))
        .margin(16)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(left..right, y.0..y.1)
        .map_err(said)?;
    let mut mesh = chart.configure_mesh();
    mesh.light_line_style(TRANSPARENT).label_style((FONT, 13));
    mesh.x_desc(frame.x).y_desc(frame.y).draw().map_err(said)?;
    for (one, colour) in series.iter().zip(COLOURS.iter().cycle()) {
        let line = LineSeries::new(one.points.iter().copied(), colour.stroke_width(2)).point_size(3);
        let legend = move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2));
        chart.draw_series(line).map_err(said)?.label(&one.name).legend(legend);
    }
    let mut labels = chart.configure_series_labels();
    labels.position(SeriesLabelPosition::LowerLeft).label_font((FONT, 13));
    labels.background_style(WHITE.mix(0.85)).draw().map_err(said)?;
    area.present().map_err(said)
}

/// Draws one bar for each value, with its name and number, into an SVG file; nothing where there is no value.
///
/// # Errors
/// As the file system says.
pub fn bars(path: &Path, title: &str, values: &[(String, f64)]) -> anyhow::Result<()> {
    let most = values.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    if most <= 0.0 {
        return Ok(());
    }
    let area = area(path)?;
    let (left, top, right) = (190, 60, i32::try_from(SIZE.0)? - 110);
    let step = (i32::try_from(SIZE.1)? - top - 20) / i32::try_from(values.len())?;
    let font = |size| (FONT, size).into_font().color(&BLACK);
    area.draw(&Text::new(title, (20, 20), font(18))).map_err(said)?;
    for (row, ((name, value), colour)) in (0..).zip(values.iter().zip(COLOURS.iter().cycle())) {
        let y = top + row * step;
        let end = left + (f64::from(right - left) * value / most) as i32;
        let bar = Rectangle::new([(left, y), (end, y + step * 2 / 3)], colour.filled());
        area.draw(&bar).map_err(said)?;
        let middle = y + step / 3 - 7;
        area.draw(&Text::new(name.as_str(), (20, middle), font(14)))
            .map_err(said)?;
        let number = Text::new(format!("{value:.2}"), (end + 8, middle), font(14));
        area.draw(&number).map_err(said)?;
    }
    area.present().map_err(said)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn pictures_name_what_they_show_and_none_is_drawn_of_nothing() {
        let folder = std::env::temp_dir().join(format!("visavis-plots-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (drawn, empty) = (folder.join("drawn.svg"), folder.join("empty.svg"));
        let frame = Frame {
            title: "Frames in time",
            x: "loss, %",
            y: "share, %",
        };
        let series = |points: &[(f64, f64)]| Series {
            name: "130 ms".to_owned(),
            points: points.to_vec(),
        };
        lines(&drawn, frame, (90.0, 100.0), &[series(&[(0.0, 100.0), (30.0, 99.6)])]).unwrap();
        let text = std::fs::read_to_string(&drawn).unwrap();
        for word in ["Frames in time", "loss, %", "130 ms", "polyline"] {
            assert!(text.contains(word), "{word}");
        }
        bars(&drawn, "CPU", &[("floor".to_owned(), 3.0), ("ours".to_owned(), 6.0)]).unwrap();
        let text = std::fs::read_to_string(&drawn).unwrap();
        assert!(text.contains("ours") && text.contains("6.00"));
        lines(&empty, frame, (0.0, 1.0), &[series(&[])]).unwrap();
        bars(&empty, "CPU", &[]).unwrap();
        assert!(!empty.exists());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
