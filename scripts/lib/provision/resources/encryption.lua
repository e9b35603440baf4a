-- SPDX-License-Identifier: MIT
-- Which key the collection's data is encrypted with; a collection cannot be made before it.
return require "lib.provision.search_policy".resource "encryption"
