# SPDX-License-Identifier: GPL-2.0-only
#
# Results of overhead.sh, in the order of time: round, tracer, loop, operations, best,
# quartiles. Prints the table of costs, or with -v figures=1 (and full=1 in the full tier)
# the costs beside what is required of them. order and loop_order: what to print.

# The p-th quantile of values[key, 1..count[key]], which it sorts.
function quantile(values, count, key, p,    n, i, j, v, at)
{
	n = count[key]
	for (i = 2; i <= n; i++) {
		v = values[key, i]
		for (j = i - 1; j > 0 && values[key, j] > v; j--)
			values[key, j + 1] = values[key, j]
		values[key, j + 1] = v
	}
	at = 1 + (n - 1) * p
	i = int(at)
	if (i >= n)
		return values[key, n]
	return values[key, i] + (at - i) * (values[key, i + 1] - values[key, i])
}

function add(values, count, key, v)
{
	values[key, ++count[key]] = v
}

# A run with a tracer is over once the one without behind it is known. Where the two runs
# around it differ by more than 15 %, something else went on meanwhile: it says nothing.
function settle(loop, after,    tracer, old, base)
{
	tracer = pending[loop]
	old = before[loop]
	base = (old + after) / 2
	if (old <= after * 1.15 && after <= old * 1.15) {
		add(cost, costs, tracer SUBSEP loop, with[loop] - base)
		add(ratio, ratios, tracer SUBSEP loop, base / with[loop])
	}
	delete pending[loop]
}

# The best run with the tracer against the best one without, whichever rounds they are from.
function quiet(tracer, loop)
{
	return quantile(best, bests, tracer SUBSEP loop, 0) -
	       quantile(best, bests, "none" SUBSEP loop, 0)
}

{
	add(best, bests, $2 SUBSEP $3, $5)
	if ($2 == "none") {
		if ($3 in pending)
			settle($3, $5)
		before[$3] = $5
	} else {
		pending[$3] = $2
		with[$3] = $5
	}
}

function print_row(tracer, loop,    key)
{
	key = tracer SUBSEP loop
	if (!(key in bests))
		return
	printf "%-16s%9.0f", tracer, quantile(best, bests, key, 0)
	if (tracer == "none")
		printf "%30s to %.0f", "runs:", quantile(best, bests, key, 1)
	else
		printf "%+8.0f", quiet(tracer, loop)
	if (key in costs)
		printf " %+9.0f %18s %d/%d%8.3f  %.3f to %.3f", quantile(cost, costs, key, .5),
		       sprintf("%+.0f to %+.0f", quantile(cost, costs, key, .25),
			       quantile(cost, costs, key, .75)), costs[key], bests[key],
		       quantile(ratio, ratios, key, .5), quantile(ratio, ratios, key, 0),
		       quantile(ratio, ratios, key, 1)
	else if (tracer != "none")
		printf " %9s %18s %d/%d", "-", "no calm round", 0, bests[key]
	printf "\n"
}

function print_table(    tracers, loops, n, m, i, j)
{
	n = split(order, tracers, " ")
	m = split(loop_order, loops, " ")
	for (i = 1; i <= m; i++) {
		printf "\n%-16s%9s%8s %9s %18s %s%8s  %s\n", loops[i], "best ns", "cost",
		       "median", "quartiles", "of", "ratio", "min to max"
		for (j = 1; j <= n; j++)
			print_row(tracers[j], loops[i])
	}
}

function judge(text, value, spread, required, aim)
{
	printf "%-44s%6d%8s%9.0f %24s  %s\n", text, required, (aim ? aim : ""), value, spread,
	       (value > required ? "MISSED" : aim && value > aim ? "kept, aim missed" : "kept")
}

function spread_of(values, counts, key)
{
	if (!(key in counts))
		return "-"
	return sprintf("%.0f (%.0f to %.0f)", quantile(values, counts, key, .5),
		       quantile(values, counts, key, .25), quantile(values, counts, key, .75))
}

# What is asked of a cost: at most `required`; `aim` is what one would like.
function figure(text, tracer, loop, required, aim,    key)
{
	key = tracer SUBSEP loop
	if (key in bests)
		judge(text, quiet(tracer, loop), spread_of(cost, costs, key), required, aim)
}

# A switch less its two system calls, which cost what getppid's costs.
function switch_figure(text, tracer,    key, call)
{
	key = tracer SUBSEP "switch"
	call = tracer SUBSEP "getppid"
	if (key in bests && call in bests)
		judge(text, quiet(tracer, "switch") - 2 * quiet(tracer, "getppid"), "", 60, 0)
}

function print_figures(    call)
{
	call = full ? 30 : 150
	printf "\n%-44s%6s%8s%9s %24s\n", "ns that an operation costs more", "limit", "aim",
	       "measured", "median (quartiles)"
	figure("miss, stage", "stage", "miss", 2000, 1200)
	figure("miss, layer", "layer", "miss", 600, 400)
	figure("untraced system call (getppid), stage", "stage", "getppid", call, 0)
	figure("untraced system call (getppid), layer", "layer", "getppid", call, 0)
	figure("pread that the filter leaves out, stage", "stage-other", "hit", call, 0)
	figure("pread that the filter leaves out, layer", "layer-other", "hit", call, 0)
	switch_figure("context switch + wakeup, stage", "stage")
	switch_figure("context switch + wakeup, stage-other", "stage-other")
	switch_figure("context switch + wakeup, layer", "layer")
}

END {
	if (figures)
		print_figures()
	else
		print_table()
}
