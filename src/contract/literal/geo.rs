//! Places: points as longitude and latitude, and GeoJSON.

use serde_json::Value;

use super::json::{Json, object};
use crate::contract::{NumberStyle, written};

/// How points are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GeoPointFormat {
    /// `-6.84, 34.02`
    #[default]
    Default,
    /// `[-6.84, 34.02]`
    Array,
    /// `{"lon": -6.84, "lat": 34.02}`
    Object,
}

/// Decimals of a degree that are kept: less than the width of an atom.
const DECIMALS: u8 = 15;

/// Reads a point; gives it as `longitude,latitude`, or nothing where it is none or lies off the globe.
pub fn geopoint(text: &str, format: GeoPointFormat) -> Option<String> {
    let [longitude, latitude] = match format {
        GeoPointFormat::Default => {
            let (longitude, latitude) = text.split_once(',')?;
            [longitude.trim().to_owned(), latitude.trim().to_owned()]
        }
        GeoPointFormat::Array => pair(super::array(text)?.value.as_array()?.iter())?,
        GeoPointFormat::Object => {
            let json = object(text).filter(|json| json.length == 2)?;
            pair([json.value.get("lon")?, json.value.get("lat")?].into_iter())?
        }
    };
    Some(format!("{},{}", degrees(&longitude, 180)?, degrees(&latitude, 90)?))
}

/// The texts of two numbers.
fn pair<'v>(values: impl Iterator<Item = &'v Value>) -> Option<[String; 2]> {
    let texts: Vec<String> = values.map(|value| value.is_number().then(|| value.to_string())).collect::<Option<_>>()?;
    texts.try_into().ok()
}

fn degrees(text: &str, most: i128) -> Option<String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'));
    let value = NumberStyle::default().read(text).ok().filter(|_| plain)?.scaled(DECIMALS).ok()?;
    (value.abs() <= most * 10_i128.pow(u32::from(DECIMALS))).then(|| written(value, DECIMALS))
}

/// Reads GeoJSON of RFC 7946; nothing where the text is none.
pub fn geojson(text: &str) -> Option<Json> {
    let json = object(text)?;
    json.canonical.parse::<geojson::GeoJson>().ok()?;
    Some(json)
}

/// Reads TopoJSON: a topology with its objects and arcs. What the arcs hold is not looked into.
pub fn topojson(text: &str) -> Option<Json> {
    let json = object(text)?;
    let is_topology = json.value.get("type").is_some_and(|kind| kind == "Topology");
    let has_parts = json.value.get("objects").is_some_and(Value::is_object) && json.value.get("arcs").is_some_and(Value::is_array);
    (is_topology && has_parts).then_some(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lie_on_the_globe() {
        use GeoPointFormat::{Array, Default, Object};
        for (text, format, point) in [
            ("-6.84, 34.020", Default, Some("-6.84,34.02")),
            ("180,-90", Default, Some("180,-90")),
            ("0,0", Default, Some("0,0")),
            ("[-6.84, 34.02]", Array, Some("-6.84,34.02")),
            (r#"{"lat": 34.02, "lon": -6.84}"#, Object, Some("-6.84,34.02")),
            ("180.1,0", Default, None),
            ("0,90.000001", Default, None),
            ("0", Default, None),
            ("0,0,0", Default, None),
            ("1 000,0", Default, None),
            ("a,b", Default, None),
            ("[1]", Array, None),
            ("[1,2,3]", Array, None),
            ("[\"1\",2]", Array, None),
            ("1,2", Array, None),
            (r#"{"lat": 1}"#, Object, None),
            (r#"{"lat": 1, "lon": 2, "alt": 3}"#, Object, None),
        ] {
            assert_eq!(geopoint(text, format).as_deref(), point, "{text}");
        }
    }

    #[test]
    fn geojson_has_the_shape_of_its_type() {
        for text in [
            r#"{"type": "Point", "coordinates": [1, 2]}"#,
            r#"{"type": "Feature", "geometry": null, "properties": {}}"#,
            r#"{"type": "FeatureCollection", "features": []}"#,
        ] {
            assert!(geojson(text).is_some(), "{text}");
        }
        for text in ["{}", "[]", r#"{"type": "Point"}"#, r#"{"type": "Spot", "coordinates": [1, 2]}"#, r#"{"type": "Point", "coordinates": "1,2"}"#] {
            assert!(geojson(text).is_none(), "{text}");
        }
        assert!(topojson(r#"{"type": "Topology", "objects": {}, "arcs": []}"#).is_some());
        assert!(topojson(r#"{"type": "Topology", "objects": {}}"#).is_none());
    }
}
