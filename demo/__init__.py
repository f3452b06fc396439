"""The story of Kabupaten Bekasi 2020, played through the product's own services with synthetic people."""
