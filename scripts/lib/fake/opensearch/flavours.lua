-- SPDX-License-Identifier: MIT
-- What is different between the OpenSearches that there are. Facts: the k-NN plugin's documentation and code, AWS's of Serverless, and
-- for version 2 what a real one answers (tests/lua/opensearch_peer_test.lua).
--   version        what `GET /` says; serverless: it says nothing, and the gateway refuses what is not for everybody
--   engines        that a new index may name; default_engine; engine_refused: none may be named, nor a mode
--   ids            documents may be given ids
--   hides_vectors  they are not in _source unless asked for
--   compression    of vectors, unless the mapping chooses a level; what is compressed 32 times has no search by distance
--   bm25           the factor of older versions
--   delay, looks   what was written is found after so many seconds or searches, whichever is first
--   max_body       bytes of a request
local flavours = {}

local ALL_ENGINES = { nmslib = true, faiss = true, lucene = true }

flavours["2"] = { version = "2.19.1", lucene = "9.12.1", engines = ALL_ENGINES, default_engine = "faiss", ids = true, bm25 = 2.2,
  delay = 1, looks = 1, max_body = 100 << 20 }

-- Older indexes with nmslib can still be read; a new one cannot be made.
flavours["3"] = { version = "3.1.0", lucene = "10.2.1", engines = { faiss = true, lucene = true }, default_engine = "faiss", ids = true,
  bm25 = 1, delay = 1, looks = 1, max_body = 100 << 20 }

-- Serverless without a group of the newer generation. Its refresh of 60 s is one of 1 s here, and NextGen's 10 s are a fifth of that.
flavours.classic = { serverless = true, engines = { nmslib = true, faiss = true }, default_engine = "nmslib", bm25 = 2.2, delay = 1,
  looks = 2, max_body = 10 << 20 }

flavours.nextgen = { serverless = true, engines = { faiss = true }, default_engine = "faiss", engine_refused = true, ids = true,
  hides_vectors = true, compression = "32x", bm25 = 2.2, delay = 0.2, looks = 1, max_body = 10 << 20 }

return flavours
