/* SPDX-License-Identifier: MIT */
/* Makes the window and hands out its slots. Does not know what is written there, nor which process has it mapped. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include <talloc.h>

#include <tracer/window.h>

#define CHUNK_ALIGN_BYTES (UINT64_C(1) << 20)
#define PAGE_MAX_BYTES ((size_t)1 << 16) /* of any kernel: a chunk is mapped in whole pages */
#define WIDE_BYTES (UINT64_C(1) << 32)
#define BITS 64u
#define STUBS_BYTES (FST_WINDOW_VIEWS * FST_STUB_MAX_BYTES) /* of a slot */

struct chunk {
	int id;
	unsigned first_slot, slots;
	char *here;      /* where we have it */
	uint64_t offset; /* in each view */
	uint64_t bytes;
};

struct view {
	uint64_t base, bytes;        /* 0: there is none */
	const struct fst_stub *stub; /* NULL: slots have none there */
};

struct fst_window {
	struct view views[FST_WINDOW_VIEWS];
	unsigned chunk_count;
	struct chunk chunks[FST_WINDOW_CHUNKS];
	unsigned first_word; /* of `taken`, that may have a free slot */
	uint64_t taken[(FST_WINDOW_MAX_SLOTS + BITS - 1) / BITS];
};

static unsigned first_slot_of(unsigned chunk)
{
	return FST_WINDOW_FIRST_SLOTS * ((1u << chunk) - 1);
}

unsigned fst_window_chunk_of(unsigned slot)
{
	unsigned chunk = 0;

	while (slot >= first_slot_of(chunk + 1))
		chunk++;
	return chunk;
}

static int release(struct fst_window *window)
{
	while (window->chunk_count)
		shmdt(window->chunks[--window->chunk_count].here);
	return 0;
}

/*
 * From here on it may be mapped for reading and executing only; and it is gone when nobody has it any more. Not for our
 * own children: helpers read what is hostile, and shall not write here.
 */
static int make_safe(const struct chunk *chunk)
{
	struct shmid_ds what;
	int r = shmctl(chunk->id, IPC_STAT, &what);

	what.shm_perm.mode = 0500;
	if (!r)
		r = shmctl(chunk->id, IPC_SET, &what);
	if (!r)
		r = madvise(chunk->here, chunk->bytes, MADV_DONTFORK);
	return r;
}

static int make_chunk(struct fst_window *window, uint64_t offset)
{
	struct chunk *chunk = &window->chunks[window->chunk_count];
	unsigned slots = FST_WINDOW_FIRST_SLOTS << window->chunk_count;
	size_t used = slots * (STUBS_BYTES + FST_WINDOW_SLOT_BYTES);
	size_t bytes = (used + PAGE_MAX_BYTES - 1) & ~(PAGE_MAX_BYTES - 1);
	int id = shmget(IPC_PRIVATE, bytes, IPC_CREAT | SHM_NORESERVE | 0700);
	int r;

	if (id < 0)
		return -errno;
	*chunk = (struct chunk){ id, first_slot_of(window->chunk_count), slots, shmat(id, NULL, 0), offset, bytes };
	r = chunk->here == (void *)-1 ? -1 : make_safe(chunk);
	shmctl(id, IPC_RMID, NULL);
	if (!r)
		window->chunk_count++;
	else if (chunk->here != (void *)-1)
		shmdt(chunk->here);
	return r ? -ENOMEM : 0;
}

static struct view view_of(const struct fst_layout *layout)
{
	struct view none = { 0, 0, NULL };

	if (!layout || !layout->window)
		return none;
	return (struct view){ layout->window, layout->window_bytes ? layout->window_bytes : WIDE_BYTES,
			      fst_stub_of(layout) };
}

static bool has_room(const struct view *view, unsigned chunk, uint64_t offset)
{
	uint64_t bytes = (uint64_t)(FST_WINDOW_FIRST_SLOTS << chunk) * (STUBS_BYTES + FST_WINDOW_SLOT_BYTES);

	return offset + bytes + CHUNK_ALIGN_BYTES <= view->bytes;
}

int fst_window_new(void *parent, const struct fst_layout *layout, const struct fst_layout *second,
		   struct fst_window **ret_window)
{
	struct fst_window *window = layout->window ? talloc_zero(parent, struct fst_window) : NULL;
	uint64_t offset = 0;

	if (!window)
		return layout->window ? -ENOMEM : -ENOSYS;
	window->views[0] = view_of(layout);
	window->views[1] = view_of(second);
	talloc_set_destructor(window, release);
	while (window->chunk_count < FST_WINDOW_CHUNKS && has_room(&window->views[0], window->chunk_count, offset) &&
	       !make_chunk(window, offset)) {
		uint64_t bytes = window->chunks[window->chunk_count - 1].bytes;

		offset += (bytes + 2 * CHUNK_ALIGN_BYTES - 1) & ~(CHUNK_ALIGN_BYTES - 1); /* with a gap behind it */
	}
	if (!window->chunk_count) {
		talloc_free(window);
		return -ENOSYS;
	}
	*ret_window = window;
	return 0;
}

unsigned fst_window_chunk_count(const struct fst_window *window)
{
	return window->chunk_count;
}

uint32_t fst_window_chunk_id(const struct fst_window *window, unsigned chunk)
{
	return (uint32_t)window->chunks[chunk].id;
}

uint64_t fst_window_chunk_address(const struct fst_window *window, unsigned view, unsigned chunk)
{
	const struct view *v = &window->views[view];
	const struct chunk *c = &window->chunks[chunk];

	return c->offset + c->bytes < v->bytes ? v->base + c->offset : 0;
}

uint64_t fst_window_chunk_bytes(const struct fst_window *window, unsigned chunk)
{
	return window->chunks[chunk].bytes;
}

uint64_t fst_window_chunk_here(const struct fst_window *window, unsigned chunk)
{
	return (uintptr_t)window->chunks[chunk].here;
}

bool fst_window_has(const struct fst_window *window, unsigned view, uint64_t address)
{
	return window && address - window->views[view].base < window->views[view].bytes;
}

bool fst_window_is_only(const struct fst_window *window, unsigned view)
{
	return window->views[view].bytes == WIDE_BYTES;
}

int fst_window_chunk_at(const struct fst_window *window, unsigned view, uint64_t address)
{
	for (unsigned i = 0; i < window->chunk_count; i++)
		if (address - window->views[view].base - window->chunks[i].offset < window->chunks[i].bytes)
			return (int)i;
	return -1;
}

/* ---- slots ------------------------------------------------------------------------------------------------------ */

static unsigned slot_count(const struct fst_window *window)
{
	return first_slot_of(window->chunk_count);
}

struct fst_window_slot fst_window_slot(const struct fst_window *window, unsigned slot)
{
	const struct chunk *chunk = &window->chunks[fst_window_chunk_of(slot)];
	unsigned at = slot - chunk->first_slot;
	size_t data = (size_t)chunk->slots * STUBS_BYTES + (size_t)at * FST_WINDOW_SLOT_BYTES;
	char *here = chunk->here + data;

	struct fst_window_slot of_slot = {
		.strings = { here, here + FST_WINDOW_PAGE_BYTES },
		.words = (uint64_t *)(here + 2 * FST_WINDOW_PAGE_BYTES),
		.area = here + 2 * FST_WINDOW_PAGE_BYTES + FST_WINDOW_WORDS_BYTES,
	};
	for (unsigned view = 0; view < FST_WINDOW_VIEWS; view++) {
		uint64_t address = window->views[view].base + chunk->offset;

		of_slot.address[view] = address + data;
		of_slot.stub_address[view] = address + (view * chunk->slots + at) * (uint64_t)FST_STUB_MAX_BYTES;
	}
	return of_slot;
}

static void write_stubs(struct fst_window *window, unsigned slot)
{
	const struct chunk *chunk = &window->chunks[fst_window_chunk_of(slot)];
	struct fst_window_slot s = fst_window_slot(window, slot);

	for (unsigned i = 0; i < FST_WINDOW_VIEWS; i++) {
		const struct view *view = &window->views[i];
		uint64_t offset = s.stub_address[i] - view->base - chunk->offset;

		if (view->stub)
			view->stub->write(chunk->here + offset, s.stub_address[i],
					  s.address[i] + 2 * FST_WINDOW_PAGE_BYTES);
	}
}

/* The lowest, so that few chunks are mapped. */
int fst_window_take(struct fst_window *window, unsigned *ret_slot)
{
	unsigned slots = slot_count(window);

	for (unsigned i = window->first_word; i * BITS < slots; i++) {
		if (window->taken[i] == UINT64_MAX)
			continue;
		unsigned slot = i * BITS + (unsigned)__builtin_ctzll(~window->taken[i]);
		if (slot >= slots)
			break;
		window->first_word = i;
		window->taken[i] |= UINT64_C(1) << slot % BITS;
		write_stubs(window, slot);
		*ret_slot = slot;
		return 0;
	}
	return -EAGAIN;
}

void fst_window_give(struct fst_window *window, unsigned slot)
{
	window->taken[slot / BITS] &= ~(UINT64_C(1) << slot % BITS);
	if (slot / BITS < window->first_word)
		window->first_word = slot / BITS;
}
