std = "lua54"
max_line_length = 140
globals = {}
exclude_files = { "build/**" }
files["**/*.meta.lua"] = { ignore = { "211", "212", "241" } }
