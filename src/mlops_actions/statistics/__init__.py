"""Published methods as plain functions of arrays and counts: shared by evaluate and quantize, importing neither."""
