---@meta hilum.vec
-- float32 matrices and what the offline model and the search compute with them: products, statistics, training steps, principal
-- components, exact nearest rows, retrieval metrics. Rows and columns count from 1. Large calls run on the worker pool and let other
-- tasks run; a matrix that such a call uses cannot be changed or closed until it ends. Results do not depend on the number of jobs; nor
-- on the processor, except for the last bits where BLAS multiplies (matmul, pca, search for many queries, retrieval). A wrong shape
-- raises, and the message names the shapes.
local vec = {}

--- A matrix of zeros.
---@param rows integer
---@param cols integer
---@return hilum.vec.Matrix matrix  rows x cols
---@usage local m = vec.new(3, 4)
function vec.new(rows, cols) end

--- A matrix from numbers.
--- vec.from{{1, 2}, {3, 4}} takes the rows; vec.from({1, 2, 3, 4}, 2, 2) takes all numbers in one array, row by row; a string is taken as
--- the bytes of little-endian float32 numbers, as m:bytes() gives them.
---@param numbers number[][]|number[]|string
---@param rows? integer
---@param cols? integer
---@return hilum.vec.Matrix matrix
---@usage local m = vec.from({1, 2, 3, 4, 5, 6}, 2, 3)
function vec.from(numbers, rows, cols) end

--- A matrix of normal random numbers (mean 0, deviation `scale`), the same for the same seed.
--- splitmix64 by counter and the Box-Muller transform.
---@param seed integer
---@param rows integer
---@param cols integer
---@param scale? number  1 if not given
---@return hilum.vec.Matrix matrix  rows x cols
---@usage local W = vec.gauss(3, 156, 1024, 0.1 / math.sqrt(156))
function vec.gauss(seed, rows, cols, scale) end

--- The numbers 1 to n in a random order, the same for the same seed.
---@param seed integer
---@param n integer
---@return integer[] order
---@usage for _, i in ipairs(vec.permutation(1, 5)) do print(i) end
function vec.permutation(seed, n) end

--- The product alpha * op(a) * op(b) + beta * out, where op transposes if `ta` (`tb`) is true.
---@param a hilum.vec.Matrix  n x k, or k x n with ta
---@param b hilum.vec.Matrix  k x m, or m x k with tb
---@param options? {ta?: boolean, tb?: boolean, alpha?: number, beta?: number, out?: hilum.vec.Matrix}  out is n x m and neither a nor b
---@return hilum.vec.Matrix product  n x m; `out` if it was given
---@usage local images, texts = vec.gauss(1, 8, 4), vec.gauss(2, 3, 4)
---@usage local S = vec.matmul(images, texts, {tb = true, alpha = 1 / 0.3}) assert(S:cols() == 3)
function vec.matmul(a, b, options) end

--- a = a + alpha * b, in place. b has a's shape, or one row that is added to every row of a.
---@param a hilum.vec.Matrix  n x m
---@param b hilum.vec.Matrix  n x m or 1 x m; not a itself
---@param alpha? number  1 if not given
---@return hilum.vec.Matrix a
---@usage local m = vec.add(vec.new(2, 3), vec.from {{1, 2, 3}}) assert(m:get(2, 3) == 3)
function vec.add(a, b, alpha) end

--- m = alpha * m, in place.
---@param m hilum.vec.Matrix
---@param alpha number
---@return hilum.vec.Matrix m
---@usage local m = vec.scale(vec.from {{2, 4}}, 0.5) assert(m:get(1, 2) == 2)
function vec.scale(m, alpha) end

--- Divides every row by max(its length, floor) + epsilon, in place.
---@param m hilum.vec.Matrix  n x d
---@param options? {floor?: number, epsilon?: number}  1e-12 and 0 if not given
---@return hilum.vec.Matrix divisors  n x 1: what the rows were divided by
---@usage local m = vec.from {{3, 4}}
---@usage local norms = vec.normalize(m) assert(norms:get(1, 1) == 5)
function vec.normalize(m, options) end

--- The length of every row.
---@param m hilum.vec.Matrix  n x d
---@return hilum.vec.Matrix norms  n x 1
---@usage assert(vec.norms(vec.from {{3, 4}}):get(1, 1) == 5)
function vec.norms(m) end

--- clip((x - mean) / deviation, -limit, limit) * weight, column by column.
---@param x hilum.vec.Matrix  n x d
---@param mean hilum.vec.Matrix  1 x d
---@param deviation hilum.vec.Matrix  1 x d, not 0
---@param weight hilum.vec.Matrix  1 x d
---@param limit? number  no limit if not given
---@return hilum.vec.Matrix standardized  n x d
---@usage local x = vec.gauss(1, 100, 3)
---@usage local s = vec.standardize(x, x:mean(), x:deviation(), vec.from {{1, 1, 0.5}}, 4)
function vec.standardize(x, mean, deviation, weight, limit) end

--- The chosen rows and columns: result(i, j) = m(rows[i], cols[j]).
---@param m hilum.vec.Matrix
---@param rows integer[]
---@param cols integer[]
---@return hilum.vec.Matrix chosen  #rows x #cols
---@usage local m = vec.take(vec.from {{1, 2}, {3, 4}}, {2, 2}, {1}) assert(m:get(2, 1) == 3)
function vec.take(m, rows, cols) end

--- Principal components: the eigenvectors of the covariance of x (columns centred, divided by the number of rows) with the k largest
--- eigenvalues. Each component's entry of largest magnitude is positive. Computed in float64.
---@param x hilum.vec.Matrix  n x d, n at least 1
---@param k integer  1 to d
---@return hilum.vec.Matrix? components  d x k, orthonormal columns, largest variance first
---@return hilum.vec.Matrix|hilum.Error variances  1 x k; or the error, of kind "integrity", when x has values that are not finite
---@return hilum.vec.Matrix? mean  1 x d, the column means that were taken off
---@usage local components, variances, mean = assert(vec.pca(vec.gauss(1, 50, 8), 3))
function vec.pca(x, k) end

--- Cross-entropy of a softmax against soft targets, and its gradient.
--- Each row (or column) of `targets`, divided by its sum, is compared with the softmax of the same row of `logits`; the loss is the mean
--- over all rows. Rows whose targets sum to 0 count as 0. weight * d loss / d logits is added to `gradient`.
---@param logits hilum.vec.Matrix  n x m
---@param targets hilum.vec.Matrix  n x m, not negative
---@param gradient hilum.vec.Matrix  n x m; added to
---@param options? {axis?: "rows"|"columns", weight?: number, diagonal?: boolean}  "rows", 1 and true; false leaves the entries (i, i) out
---@return number loss  weight * loss
---@usage local logits, targets = vec.gauss(1, 4, 3), vec.from {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 1, 0}}
---@usage local loss = vec.cross_entropy(logits, targets, vec.new(4, 3), {weight = 0.5})
function vec.cross_entropy(logits, targets, gradient, options) end

--- Takes the gradient at normalised rows back to the rows before vec.normalize, in place:
--- gradient = (gradient - (gradient . row) row) / divisor.
---@param gradient hilum.vec.Matrix  n x d
---@param rows hilum.vec.Matrix  n x d, the normalised rows
---@param divisors hilum.vec.Matrix  n x 1, what vec.normalize returned
---@return hilum.vec.Matrix gradient
---@usage local rows = vec.gauss(1, 4, 3)
---@usage local norms = vec.normalize(rows)
---@usage vec.normalize_backward(vec.gauss(2, 4, 3), rows, norms)
function vec.normalize_backward(gradient, rows, divisors) end

--- Adds its transpose to a square matrix, in place.
---@param m hilum.vec.Matrix  n x n
---@return hilum.vec.Matrix m
---@usage local m = vec.symmetrize(vec.from({{1, 2}, {4, 3}})) assert(m:get(1, 2) == 6)
function vec.symmetrize(m) end

--- Adds normal noise, in place: fast, in float32, and another stream than vec.gauss has for the same seed. The same bits on every
--- machine.
---@param m hilum.vec.Matrix
---@param seed integer
---@param deviation number
---@return hilum.vec.Matrix m
---@usage local batch = vec.add_noise(vec.new(2, 3), 1, 0.3)
function vec.add_noise(m, seed, deviation) end

--- One step of Adam (betas 0.9 and 0.999, epsilon 1e-8), in place.
---@param parameter hilum.vec.Matrix  changed
---@param gradient hilum.vec.Matrix  of the same shape, as are the next two
---@param mean hilum.vec.Matrix  state, zeros before the first step; changed
---@param square hilum.vec.Matrix  state, zeros before the first step; changed
---@param step integer  1 for the first step
---@param rate number  the learning rate
---@return hilum.vec.Matrix parameter
---@usage local W, gradient, m, v = vec.new(1, 2), vec.from {{1, -1}}, vec.new(1, 2), vec.new(1, 2)
---@usage vec.adam(W, gradient, m, v, 1, 0.01)
function vec.adam(parameter, gradient, mean, square, step, rate) end

--- Exact search: for every query the k rows of data with the largest inner products, best first, ties by row number.
--- On normalised rows that is the cosine. Rows with NaN are never found. With a number per row in `groups` and per query in
--- `query_groups` a query does not find the rows of its own group (the patient). More than three queries of all, or nearly all, rows go
--- through BLAS, whose scores may differ in the last bits from those of one query, and for equal rows in two places; those of q:search
--- do not.
---@param data hilum.vec.Matrix  n x d; may be mapped from a file
---@param queries hilum.vec.Matrix  q x d
---@param k integer  at least 1; fewer are found where there are fewer
---@param options? {groups?: integer[], query_groups?: integer[], only?: integer[]|string}  groups: see above; only: the rows that may be
--- found, as numbers or as a set's bits (hilum.rows)
---@return {rows: integer[], scores: number[]}[] results  one per query
---@usage local gallery = vec.gauss(1, 100, 8)
---@usage local best = vec.search(gallery, gallery:slice(1, 1), 10)[1] print(best.rows[1], best.scores[1])
function vec.search(data, queries, k, options) end

--- Quantises the rows of a matrix to int8, for certified search: a quarter of the memory, and no row is lost.
--- Row i is nearly a scale times its digits, and how far off that is at most is kept with it.
---@param matrix hilum.vec.Matrix  n x d, d at most 131072; may be mapped from a file
---@return hilum.vec.Quantized? quantized
---@return hilum.Error? err  of kind "integrity": a row has NaN or infinity, or is longer than float32 can say; the message names it
---@usage local gallery = vec.gauss(1, 100, 8)
---@usage local q = assert(vec.quantize(gallery))
function vec.quantize(matrix) end

--- Maps quantised rows from a file that q:save wrote. Takes milliseconds whatever the size: checksums wait for the first search.
---@param path string
---@param matrix hilum.vec.Matrix  the one they were made of: its shape and a few rows are compared
---@return hilum.vec.Quantized? quantized
---@return hilum.Error? err  of kind "integrity" when the file is of another version, of another matrix, or visibly damaged
---@usage local gallery = vec.gauss(1, 100, 8)
---@usage assert(assert(vec.quantize(gallery)):save("gallery.q8"))
---@usage local q = assert(vec.load_quantized("gallery.q8", gallery))
function vec.load_quantized(path, matrix) end

--- The numbers of the entries by falling value; equal values keep their order, NaN comes last.
---@param values hilum.vec.Matrix  one row or one column
---@return integer[] order
---@usage assert(vec.order(vec.from {{0.1, 0.7, 0.3}})[1] == 2)
function vec.order(values) end

--- The average precision of one ranking: the mean, over the relevant entries, of the precision at their rank.
---@param scores hilum.vec.Matrix  one row or one column
---@param relevant boolean[]  one per score
---@return number ap  0 to 1; NaN if nothing is relevant
---@usage local ap = vec.average_precision(vec.from {{0.9, 0.1, 0.5}}, {true, false, true}) assert(ap == 1)
function vec.average_precision(scores, relevant) end

--- The area under the ROC curve: the chance that a relevant entry scores above another one, ties counting half.
---@param scores hilum.vec.Matrix  one row or one column
---@param relevant boolean[]  one per score
---@return number area  0 to 1; NaN if all or none are relevant
---@usage local auc = vec.area_under_curve(vec.from {{0.9, 0.1, 0.5}}, {true, false, true}) assert(auc == 1)
function vec.area_under_curve(scores, relevant) end

--- Retrieval metrics: every query ranks all rows of data by inner product, without those of its own group.
--- Labels are sets, one bit per label. A row is relevant when it shares a label with the query, identical when its set is the same.
--- Every column of the result has one number per query:
--- candidates, relevant, identical: how many; relevant / candidates is the precision of a random order.
--- average_precision, precision (among the first `depth`), r_precision (among the first as many as are relevant): NaN if nothing is
--- relevant.
--- identical_average_precision, identical_precision: the same for identical rows.
--- ndcg: at 10 with gain 2^Jaccard - 1; chance_ndcg: its expected value for a random order.
---@param data hilum.vec.Matrix  n x d
---@param queries hilum.vec.Matrix  q x d
---@param options {labels: integer[], query_labels: integer[], groups?: integer[], query_groups?: integer[], depth?: integer}  depth: 10
---@return table<string, number[]> columns  by the names above
---@usage local x, bits, patients = vec.gauss(1, 4, 8), {1, 1, 2, 3}, {1, 2, 3, 4}
---@usage local r = vec.retrieval(x, x, {labels = bits, query_labels = bits, groups = patients, query_groups = patients})
function vec.retrieval(data, queries, options) end

--- The same metrics for the first ranks of every query, as a search found them (with the same groups).
--- average_precision and identical_average_precision: the sum of the precision at each hit, divided by the most hits there could be in
--- so many ranks. r_precision: NaN where more rows are relevant than were found. candidates, relevant, identical, ndcg and chance_ndcg
--- are those of the whole gallery.
---@param results {rows: integer[]}[]  one per query, best first
---@param options {labels: integer[], query_labels: integer[], groups?: integer[], query_groups?: integer[], depth?: integer}  depth: 10
---@return table<string, number[]> columns  by the names above
---@usage local x, bits = vec.gauss(1, 4, 8), {1, 1, 2, 3}
---@usage local first = vec.search(x, x, 2)
---@usage print(vec.judge(first, {labels = bits, query_labels = bits}).precision[1])
function vec.judge(results, options) end

--- Average precision and area under the ROC curve of several rankings of the same rows, under several weightings of the rows: the
--- bootstrap of rankings. Each draw (a row of weights) gives every group of rows one weight; ones give the plain values.
---@param scores hilum.vec.Matrix    rankings x rows: higher is earlier, ties by row number
---@param relevant hilum.vec.Matrix  of that shape: 0, or 1 for relevant
---@param weights hilum.vec.Matrix   draws x groups, none negative
---@param groups integer[]           for each row its column of weights
---@return hilum.vec.Matrix precisions  draws x rankings; NaN where nothing relevant has weight
---@return hilum.vec.Matrix areas       draws x rankings; ties count half; NaN where all that has weight is relevant, or none
---@usage local ap, auc = vec.resample(vec.from {{3, 2, 1}}, vec.from {{1, 0, 1}}, vec.from {{1, 1}, {2, 0}}, {1, 1, 2})
function vec.resample(scores, relevant, weights, groups) end

--- A float32 matrix, row by row in memory of its own, or mapped read-only from a file (npy.map). #m is the number of rows.
---@class hilum.vec.Matrix
local Matrix = {}

--- The number of rows.
---@return integer rows
---@usage local m = vec.new(2, 3) print(m:rows(), m:cols())
function Matrix:rows() end

--- The number of columns.
---@return integer cols
---@usage local m = vec.new(2, 3) print(m:rows(), m:cols())
function Matrix:cols() end

--- One entry.
---@param i integer  row
---@param j integer  column
---@return number value
---@usage local x = vec.new(2, 3):get(1, 1)
function Matrix:get(i, j) end

--- Sets one entry.
---@param i integer  row
---@param j integer  column
---@param value number  rounded to float32
---@usage vec.new(2, 3):set(1, 1, 0.5)
function Matrix:set(i, j, value) end

--- One row as an array.
---@param i integer
---@return number[] row
---@usage print(table.concat(vec.new(2, 3):row(1), " "))
function Matrix:row(i) end

--- All rows as arrays.
---@return number[][] rows
---@usage for _, row in ipairs(vec.new(2, 3):table()) do print(#row) end
function Matrix:table() end

--- The numbers as the bytes of little-endian float32, row by row.
---@return string bytes
---@usage assert(#vec.new(2, 3):bytes() == 24)
function Matrix:bytes() end

--- Sets every entry.
---@param value number
---@return hilum.vec.Matrix self
---@usage vec.new(2, 3):fill(1)
function Matrix:fill(value) end

--- A copy, in memory of its own.
---@return hilum.vec.Matrix copy
---@usage local copy = vec.new(2, 3):copy()
function Matrix:copy() end

--- A copy of the rows first to last; last = first - 1 gives none.
---@param first integer
---@param last integer
---@return hilum.vec.Matrix slice  (last - first + 1) x cols
---@usage local head = vec.gauss(1, 20, 3):slice(1, 10)
function Matrix:slice(first, last) end

--- A copy of the columns first to last.
---@param first integer
---@param last integer
---@return hilum.vec.Matrix columns  rows x (last - first + 1)
---@usage local short = vec.gauss(1, 2, 1024):columns(1, 256)
function Matrix:columns(first, last) end

--- Copies another matrix over the rows from a number on, or over the rows with these numbers.
---@param rows integer|integer[]  the first row, or one row number for each row of other
---@param other hilum.vec.Matrix  with as many columns
---@return hilum.vec.Matrix self
---@usage local all = vec.new(8, 2)
---@usage all:put(1, vec.gauss(1, 3, 2)) all:put({7, 3}, vec.gauss(2, 2, 2))
function Matrix:put(rows, other) end

--- A copy of the rows with these numbers, in this order; a number may come more than once.
---@param rows integer[]
---@return hilum.vec.Matrix gathered  #rows x cols
---@usage local batch = vec.gauss(1, 5, 2):gather({5, 1, 3})
function Matrix:gather(rows) end

--- The mean of every column, summed in float64.
---@return hilum.vec.Matrix mean  1 x cols
---@usage local mean = vec.gauss(1, 5, 2):mean()
function Matrix:mean() end

--- The sum of every column, summed in float64.
---@return hilum.vec.Matrix sum  1 x cols
---@usage local sum = vec.gauss(1, 5, 2):sum()
function Matrix:sum() end

--- The population standard deviation of every column, summed in float64.
---@return hilum.vec.Matrix deviation  1 x cols
---@usage local deviation = vec.gauss(1, 5, 2):deviation()
function Matrix:deviation() end

--- Gives the memory back. Closing twice is fine; any other use of a closed matrix raises.
---@usage vec.new(2, 3):close()
function Matrix:close() end

--- The rows of a matrix as int8 digits. #q is the number of rows.
---@class hilum.vec.Quantized
local Quantized = {}

--- The number of rows.
---@return integer rows
---@usage local gallery = vec.gauss(1, 100, 8)
---@usage local q = assert(vec.quantize(gallery)) print(q:rows(), q:cols())
function Quantized:rows() end

--- The number of columns.
---@return integer cols
---@usage local gallery = vec.gauss(1, 100, 8)
---@usage local q = assert(vec.quantize(gallery)) print(q:rows(), q:cols())
function Quantized:cols() end

--- Certified exact search: what scoring every row of the matrix in float32 would find, best first, ties by row number.
--- A scan of the digits bounds every row's score; only rows whose upper bound reaches the k-th best score are read from the matrix.
--- Metrics (larger scores are better in all): "dot", if not given: the inner product, the same to the last bit as
--- vec.search gives for one query; "cosine", that of the vectors at unit length, 0 for zeros;
--- "l2", minus the distance; the last two are summed in float64.
---@param matrix hilum.vec.Matrix  the one that was quantised, unchanged; may be mapped from a file
---@param queries hilum.vec.Matrix  q x d
---@param k integer  at least 1; fewer are found where there are fewer
---@param options? {metric?: string, groups?: integer[], query_groups?: integer[], only?: integer[]|string}  see above and vec.search
---@return {rows: integer[], scores: number[], rescored: integer}[]? results  one per query; rescored: rows read from the matrix
---@return hilum.Error? err  of kind "integrity": a mapped file is damaged (its checksums are compared by the first search)
---@usage local gallery = vec.gauss(1, 100, 8)
---@usage local q = assert(vec.quantize(gallery))
---@usage local best = q:search(gallery, gallery:slice(1, 1), 10)[1] print(best.rows[1], best.scores[1], best.rescored)
function Quantized:search(matrix, queries, k, options) end

--- Writes the digits to a file for vec.load_quantized, atomically.
---@param path string
---@return true? ok
---@return hilum.Error? err
---@usage local gallery = vec.gauss(1, 100, 8)
---@usage assert(assert(vec.quantize(gallery)):save("gallery.q8"))
function Quantized:save(path) end

--- Gives the memory back. Closing twice is fine; any other use of a closed object raises.
---@usage local gallery = vec.gauss(1, 100, 8)
---@usage assert(vec.quantize(gallery)):close()
function Quantized:close() end

return vec
