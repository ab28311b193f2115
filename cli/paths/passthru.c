// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/btf.h>
#include <string.h>

#include "passthru.h"

/* In the structure itself, or in one without a name inside of it. */
static bool has_member(const struct btf *btf, const struct btf_type *t, const char *name)
{
	const struct btf_member *m = btf_members(t);

	for (int i = 0; i < btf_vlen(t); i++) {
		const char *is = btf__name_by_offset(btf, m[i].name_off);
		const struct btf_type *inner = btf__type_by_id(btf, m[i].type);

		if (!strcmp(is, name) ||
		    (!*is && btf_is_composite(inner) && has_member(btf, inner, name)))
			return true;
	}
	return false;
}

bool passthru_polls_safely(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool safely = false;
	int id;

	if (!btf)
		return false;
	id = btf__find_by_name_kind(btf, "io_uring_cmd", BTF_KIND_STRUCT);
	if (id > 0)
		safely = !has_member(btf, btf__type_by_id(btf, id), "cookie");
	btf__free(btf);
	return safely;
}
