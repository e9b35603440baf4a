---@meta hilum.npy
-- Matrices in NumPy's .npy files (NEP 1, versions 1.0 to 3.0). Written as little-endian float32 in C order with the data on a multiple
-- of 64 bytes, so that NumPy, faiss and usearch read or map them as they are.
local npy = {}

--- Reads a file into a new matrix. f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 of either byte order become float32 (8-byte numbers and large
--- integers are rounded), Fortran order is turned; one dimension of N numbers is N x 1. Bytes behind the end that the header tells of
--- are ignored.
---@param path string
---@return hilum.vec.Matrix? matrix
---@return hilum.Error? err  no .npy file, cut off, other types or more dimensions
---@usage local m = assert(npy.read("vectors.npy"))
function npy.read(path) end

--- Maps a file of little-endian float32 in C order: a read-only matrix, read from the disk where it is used.
---@param path string
---@param options? {rows?: integer, few?: boolean}  rows: only the first ones, behind which another process may be adding; few: few
--- rows will be read, here and there, so that nothing else of the file needs to be
---@return hilum.vec.Matrix? matrix
---@return hilum.Error? err  also for a file that would have to be converted; kind "integrity" when it has fewer rows
---@usage local m = assert(npy.map("vectors.npy", { rows = 2 }))
function npy.map(path, options) end

--- Writes a matrix to a file, which is there whole or not at all.
---@param path string
---@param matrix hilum.vec.Matrix
---@return true? done
---@return hilum.Error? err
---@usage assert(npy.write("new.npy", vec.new(2, 3)))
function npy.write(path, matrix) end

--- Adds the rows of a matrix to a file that npy.write made, or makes it. A crash at any moment leaves either the old or the new rows.
---@param path string
---@param matrix hilum.vec.Matrix
---@param options? {at?: integer}  at: behind that many rows; those that follow are cut off first
---@return true? done
---@return hilum.Error? err  other columns, fewer rows than `at`, or a file that something else wrote
---@usage assert(npy.append("new.npy", vec.new(1, 3)))
function npy.append(path, matrix, options) end

--- What a file's header says.
---@param path string
---@return {rows: integer, cols: integer, type: string, big_endian: boolean, fortran: boolean}? info  type as "f4"
---@return hilum.Error? err
---@usage print(assert(npy.info("vectors.npy")).rows)
function npy.info(path) end

return npy
