"""Write the schematic boundaries of the demonstration county: ``python -m dashboard.demo.boundaries``.

Reads the outline and the town centres that ``data/geo`` documents; writes ``yuhang_outline.geojson`` and
``yuhang_towns.geojson`` there. Nothing official goes in, nothing official comes out: every feature says ``schematic``.
"""

import csv
import json
from pathlib import Path

from shapely.geometry import Polygon, mapping
from shapely.geometry.base import BaseGeometry

from dashboard.analysis.boundaries import area_km2, voronoi_cells
from dashboard.settings import PROJECT

GEO_FOLDER = PROJECT / "data" / "geo"


def read_table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file whose leading ``#`` lines say where it comes from."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def outline() -> Polygon:
    """Return the outline drawn by us."""
    return Polygon([(float(row["longitude"]), float(row["latitude"])) for row in read_table(GEO_FOLDER / "yuhang_outline.csv")])


def _feature(geometry: BaseGeometry, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": {**properties, "schematic": True}, "geometry": mapping(geometry)}


def _text(features: list[dict[str, object]]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, separators=(",", ":")) + "\n"


def boundary_files() -> dict[str, str]:
    """Return the text of each GeoJSON file by its name."""
    county = outline()
    towns = read_table(GEO_FOLDER / "yuhang_town_centres.csv")
    cells = voronoi_cells([float(town["longitude"]) for town in towns], [float(town["latitude"]) for town in towns], county)
    features = [
        _feature(cell, town_code=town["town_code"], name=town["name"], area_km2=round(area_km2(cell), 1))
        for town, cell in zip(towns, cells, strict=True)
    ]
    return {
        "yuhang_outline.geojson": _text([_feature(county, name="余杭区(2021年前)")]),
        "yuhang_towns.geojson": _text(features),
    }


def main() -> None:
    """Write the files into ``data/geo``."""
    for name, text in boundary_files().items():
        (GEO_FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
