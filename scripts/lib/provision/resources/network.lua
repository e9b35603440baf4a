-- SPDX-License-Identifier: MIT
-- From where the collection is reached.
return require "lib.provision.search_policy".resource "network"
