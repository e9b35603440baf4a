std = "lua54"
max_line_length = 140
read_globals = { "hilum" }
-- The references only declare what C defines; tests/lua/reference_test.lua checks them.
exclude_files = { "build*/**", "**/*.meta.lua" }
