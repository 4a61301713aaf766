"""The answers that pages need: store and catalogue joined with analysis and what-if."""
