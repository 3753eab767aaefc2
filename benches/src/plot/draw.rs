//! Lines and bars.

use std::ops::Range;
use std::path::Path;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::prelude::*;

use super::{Result, Series};

const SIZE: (u32, u32) = (960, 480);
/// Legible beside each other, for most eyes too that see colours otherwise.
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// What is written beside a plot.
pub(super) struct Plot<'a> {
    pub(super) title: &'a str,
    pub(super) x: &'a str,
    pub(super) y: &'a str,
}

impl Plot<'_> {
    /// A line with its points for each series.
    pub(super) fn lines<X, Y>(&self, x: X, y: Y, series: &[Series], to: &Path) -> Result<()>
    where
        X: AsRangedCoord<Value = f64, CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>>,
        Y: AsRangedCoord<Value = f64, CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>>,
    {
        let area = area(to)?;
        let mut chart = self.frame(&area).build_cartesian_2d(x, y)?;
        let label = |value: &f64| plain(*value);
        let mut mesh = chart.configure_mesh();
        mesh.max_light_lines(1)
            .x_desc(self.x)
            .y_desc(self.y)
            .x_label_formatter(&label)
            .y_label_formatter(&label)
            .draw()?;
        for ((name, points), colour) in series.iter().zip(COLOURS.iter().cycle()) {
            let line = LineSeries::new(points.iter().copied(), colour.stroke_width(2)).point_size(3);
            let legend = move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2));
            chart.draw_series(line)?.label(name).legend(legend);
        }
        let mut labels = chart.configure_series_labels();
        labels.position(SeriesLabelPosition::UpperLeft).background_style(WHITE.mix(0.8)).border_style(BLACK).draw()?;
        Ok(area.present()?)
    }

    /// Bars over each of the names, which stand at 0 to 1, 1 to 2, …
    pub(super) fn bars(&self, names: &[String], width: f64, y: Range<f64>, series: &[Series], to: &Path) -> Result<()> {
        let area = area(to)?;
        let (foot, x) = (y.start, 0.0..names.len() as f64);
        let mut chart = self.frame(&area).build_cartesian_2d(x, y.log_scale())?;
        let label = |value: &f64| plain(*value);
        let mut mesh = chart.configure_mesh();
        mesh.max_light_lines(1).disable_x_mesh().disable_x_axis().y_desc(self.y).y_label_formatter(&label).draw()?;
        for ((name, bars), colour) in series.iter().zip(COLOURS.iter().cycle()) {
            let bar = |&(x, y): &(f64, f64)| Rectangle::new([(x, foot), (x + width, y)], colour.filled());
            let legend = move |(x, y)| Rectangle::new([(x, y - 5), (x + 12, y + 5)], colour.filled());
            chart.draw_series(bars.iter().map(bar))?.label(name).legend(legend);
        }
        let style = ("sans-serif", 15).into_font().color(&BLACK);
        for (at, name) in names.iter().enumerate() {
            let (x, y) = chart.backend_coord(&(at as f64 + 0.5, foot));
            area.draw_text(name, &style, (x - 4 * name.len() as i32, y + 6))?;
        }
        let mut labels = chart.configure_series_labels();
        labels.position(SeriesLabelPosition::UpperRight).background_style(WHITE.mix(0.8)).border_style(BLACK).draw()?;
        Ok(area.present()?)
    }

    fn frame<'a, 'b>(&self, area: &'a Area<'b>) -> ChartBuilder<'a, 'b, SVGBackend<'b>> {
        let mut frame = ChartBuilder::on(area);
        frame.caption(self.title, ("sans-serif", 22)).margin(12).x_label_area_size(44).y_label_area_size(70);
        frame
    }
}

fn area(to: &Path) -> Result<Area<'_>> {
    let area = SVGBackend::new(to, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    Ok(area)
}

/// A number without more digits than it needs.
fn plain(value: f64) -> String {
    if value >= 1_000_000.0 {
        format!("{}M", value / 1_000_000.0)
    } else if value >= 1_000.0 {
        format!("{}k", value / 1_000.0)
    } else {
        let text = format!("{value:.3}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}
