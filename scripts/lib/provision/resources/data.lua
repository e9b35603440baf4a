-- SPDX-License-Identifier: MIT
-- Who may do what in the collection.
return require "lib.provision.search_policy".resource "data"
