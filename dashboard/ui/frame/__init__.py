"""What every page stands in: header, filters, navigation, place, notes, server."""
