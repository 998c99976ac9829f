/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_PATHS_PATHS_H
#define FST_TRACER_PATHS_PATHS_H

/*
 * What a flagged call's arguments point to: copied from the program once, resolved with its rights, judged (by whoever
 * asked), and handed to the kernel so that it acts on what was judged.
 *
 *     r = fst_paths_gather(paths, thread, &call, wanted, &gathered)     facts, or why there are none
 *     verdict = judge(…, &gathered->facts, …)
 *     fst_paths_commit(paths, thread)                                   lets it go on; or
 *     fst_paths_drop(paths, thread)                                     it does not
 *
 *     gather.c     what is read, walked, known
 *     commit.c     what the kernel gets instead of the program's memory
 *     address.c    both, for socket addresses
 *     plain.c      names that need no walk for an open
 *     exec.c       an exec has no handle: it is looked at afterwards
 *     paths.c      a session's state and a thread's
 *     kept.h       names that cannot lead elsewhere
 *     walk.h       where paths lead; helper.h, holder.h: the two processes
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <arch/paths.h>
#include <flagstop/facts.h>
#include <tracer/holder.h>
#include <tracer/memory.h>
#include <tracer/paths/helper.h>
#include <tracer/paths/kept.h>
#include <tracer/pin.h>

#define FST_PATHS_HANDLES_MAX 3
#define FST_LINKED_MAX 1024
#define FST_CLONE_ARGS_BYTES 88 /* CLONE_ARGS_SIZE_VER2, which is the latest: include/uapi/linux/sched.h, 6.18 */

struct fst_paths; /* a session's */

/* Of a thread; all zero but the tid at first. */
struct fst_paths_thread {
	pid_t tid;
	struct fst_pin_thread *pin;
	struct fst_creds *creds; /* NULL: they may have changed since they were read */
	bool is_alien;           /* they are not ours */
	/* Its working directory, O_PATH, while nobody can have changed it since; see paths.c. */
	bool has_cwd;
	int cwd;
	uint64_t cwd_turn;
	bool moves;   /* its last call may change one, of all who share it */
	bool carries; /* its call is made of what another one carried: no register has it yet */
	bool walks;   /* the paths of its call, though their names are plain (plain.c) */
	/*
	 * What its last call was sent through. They stay until that call can come no more, which is at the thread's
	 * next call: closed earlier, the number could be another object's when the kernel makes the call once more.
	 */
	unsigned handle_count;
	int handles[FST_PATHS_HANDLES_MAX];
	/* An exec of this object was let through, by that call. */
	bool executes;
	dev_t exec_device;
	ino_t exec_inode;
	struct flagstop_data exec_call;
	char *exec_given;             /* the path as it was given; NULL: not known */
	uint64_t counts_at;           /* 0: none; where the bytes that its message had are to stand */
	struct fst_gathered *pending; /* its call waits for a verdict */
};

struct fst_gathered_path {
	const struct fst_path *path; /* NULL: not asked for, or nothing that is walked */
	bool is_descriptor;          /* "": the descriptor itself */
	bool is_kept;                /* its name cannot lead elsewhere (kept.h); there is no descriptor */
	bool is_plain;               /* its name was not walked (plain.c); there is no descriptor */
	bool follows;
	uint64_t open_flags;
	struct fst_walk walk; /* with the path as given */
	struct fst_found found;
};

/* One call that is judged by facts. */
struct fst_gathered {
	struct flagstop_data call;
	bool is_carried; /* the registers are another call's, which carried it */
	unsigned index;  /* the call's */
	enum flagstop_abi abi;
	const struct fst_call_memory *memory;
	struct fst_pin pin;
	int error;          /* what the call would fail with, whatever the policy says; 0: nothing that we know of */
	const char *reason; /* why nothing can be known, in words */
	struct flagstop_facts facts;
	unsigned path_count; /* of `paths`; an address has one, too */
	struct fst_gathered_path paths[FST_CALL_PATHS_MAX];
	unsigned strings; /* of the slot that are taken by strings */
	bool has_how;
	struct {
		uint64_t flags, mode, resolve;
	} how;                /* struct open_how */
	unsigned clone_bytes; /* of struct clone_args; 0: there is none */
	unsigned char clone[FST_CLONE_ARGS_BYTES];
	bool has_mapping;
	uint64_t mapping[6]; /* the structure of a mmap */
	/* Socket addresses: as the program gave it, and as policies see it (a path is canonical). */
	bool has_address;
	bool address_stands;                 /* the kernel gets it as it is: its path leads where it led for sure */
	int address_argument, size_argument; /* size -1: the address is msg_name's */
	unsigned address_bytes;
	struct sockaddr_storage address;
	char judged_address[sizeof(sa_family_t) + PATH_MAX];
	struct fst_path address_path;
	unsigned char message[64]; /* struct msghdr, as its ABI has it */
	unsigned message_bytes;
	bool is_guess; /* what a plain name leads to: the kernel finds out (plain.c) */
	bool is_row;   /* the message is the first of several, and the only one that is sent */
};

/* ---- a session -------------------------------------------------------------------------------------------------- */

struct fst_paths_setup {
	struct fst_pins *pins;
	struct fst_memory_reader *reader;
	const struct fst_holder *holder;
	/* Our own programs let these through when the number was changed to them. */
	unsigned may_openat2, may_sendmsg; /* bits of ABIs */
	bool may_share;                    /* as if fst_paths_share had been called */
};
/* On `parent`; freed with it. 0; -ENOMEM; -ENOSYS: /proc is not there. */
int fst_paths_new(void *parent, const struct fst_paths_setup *setup, struct fst_paths **ret_paths);
/* The process that walks, which dies and is waited for as the stack helper is (stack.h). */
struct fst_helper *fst_paths_helper(const struct fst_paths *paths);

/* ---- a call ----------------------------------------------------------------------------------------------------- */

enum fst_gather_result {
	FST_GATHER_READY,   /* judge it by facts; gathered->error is what it fails with if it may */
	FST_GATHER_AGAIN,   /* it was resumed and will stop at the same call: nothing more to do */
	FST_GATHER_FAILS,   /* with gathered->error, whatever the policy says */
	FST_GATHER_UNKNOWN, /* nothing can be known, gathered->reason says why: it must be refused */
	FST_GATHER_GONE,
};
/* `wanted`: a bit for each argument (fst_policy_facts_wanted). *ret_gathered is valid until this is called again. */
enum fst_gather_result fst_paths_gather(struct fst_paths *paths, struct fst_paths_thread *thread,
					const struct fst_call_stop *call, unsigned wanted,
					struct fst_gathered **ret_gathered);
/* For what is pending. The thread goes on with what was judged; a thread that it cannot be done for is killed. */
void fst_paths_commit(struct fst_paths *paths, struct fst_paths_thread *thread);
/* At the exit of a call that was let go on so (FST_PIN_EXIT), before its registers are put back. */
void fst_paths_exit(struct fst_paths *paths, struct fst_paths_thread *thread);
/* Nothing is pending any more, and nothing is left behind. */
void fst_paths_drop(struct fst_paths *paths, struct fst_paths_thread *thread);
/* The verdict takes time, and others come before it. -ENOMEM. */
int fst_paths_keep(struct fst_paths *paths, struct fst_paths_thread *thread);

/* ---- a thread's life -------------------------------------------------------------------------------------------- */

/* At a call of the program's own making (FST_PIN_NEW), and at its end. */
void fst_paths_forget(struct fst_paths *paths, struct fst_paths_thread *thread);
/* At the exec stop, when another thread of its process executed: it was that one's exec. */
void fst_paths_take_exec(struct fst_paths_thread *thread, struct fst_paths_thread *former);
/* Its rights may be others from now on. */
void fst_paths_forget_rights(struct fst_paths_thread *thread);
/* A process is about to be made that shares a working directory with one that it is no thread of. */
void fst_paths_share(struct fst_paths *paths);
/* A call of its that changes a working directory is about to be made. */
void fst_paths_move(struct fst_paths *paths, struct fst_paths_thread *thread);
/* At its end. */
void fst_paths_gone(struct fst_paths *paths, struct fst_paths_thread *thread);

/*
 * At the exec stop: whether it runs what was judged. 0: it does. 1: it runs something else (a script's interpreter, or
 * what came in between), whose name is in the facts of *ret_gathered, at the exec's path argument, for the same call to
 * be judged once more. -EACCES: that cannot be told, and (*ret_gathered)->reason says why.
 */
int fst_paths_check_exec(struct fst_paths *paths, struct fst_paths_thread *thread,
			 struct fst_gathered **ret_gathered);

/* ---- between its files ------------------------------------------------------------------------------------------ */

struct fst_paths {
	struct fst_paths_setup setup;
	struct fst_helper *helper;
	struct fst_creds own;
	int fd_proc; /* /proc */
	/* By ABI; 0: there is none. `large_file`: the flag that openat2() has by itself, and open() has not. */
	uint32_t openat2_nr[FLAGSTOP_ABI_COUNT], sendmsg_nr[FLAGSTOP_ABI_COUNT];
	uint64_t large_file[FLAGSTOP_ABI_COUNT];
	bool shared;       /* processes may share working directories */
	unsigned moving;   /* threads whose last call may change a working directory */
	unsigned cwds;     /* that are kept */
	uint64_t cwd_turn; /* another one: those that were kept before may be wrong */
	struct fst_walker walker;
	struct fst_kept *kept;
	uint32_t linked[FST_LINKED_MAX]; /* hashes of names that had links on their way, by their last bits; 0: none */
	struct fst_gathered gathered;
};

/*
 * What a descriptor is, and if `named`, its name: as a walk with `here`, within the time of a helper. *ret_found has no
 * descriptor.
 */
int fst_paths_look(struct fst_paths *paths, int fd, bool named, struct fst_found *ret_found);
/* Nobody else can change its working directory. */
bool fst_paths_is_alone(const struct fst_paths *paths, const struct fst_paths_thread *thread);
/* Its working directory: an O_PATH descriptor, the caller's to close unless it is kept. -1 with errno. */
int fst_paths_cwd(struct fst_paths *paths, struct fst_paths_thread *thread, bool *ret_is_kept);
/*
 * Reads and walks path `slot` of the gathered call. `text` NULL: at `address` of the program's memory. 0, or an errno
 * for gathered->error; gathered->reason is set when it is to be refused.
 */
int fst_gather_path(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g, unsigned slot,
		    uint64_t address, const char *text);
/*
 * plain.c: whether the path of an open is judged by its name as it stands, since the kernel will tell if there is a
 * link on its way; then it is found. What a walk came to is noted, for the next time.
 */
bool fst_plain_take(struct fst_paths *paths, struct fst_paths_thread *thread, const struct fst_gathered *g,
		    struct fst_gathered_path *p);
void fst_plain_note(struct fst_paths *paths, const struct fst_gathered_path *p);
int fst_gather_address(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g,
		       const struct fst_read *read);
/* What the kernel gets for that path: at most PATH_MAX bytes. A handle becomes the thread's. -EMFILE and the like. */
int fst_commit_path(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g, unsigned slot,
		    char *to, size_t size);
/* The name of the handle of an ENTRY. As snprintf(3). */
int fst_commit_name_entry(const struct fst_paths *paths, const struct fst_found *found, char *to, size_t size);
/* An open can be made with openat2, if its object has a name. */
bool fst_commit_may_openat2(const struct fst_paths *paths, const struct fst_gathered *g,
			    const struct fst_gathered_path *p);
/* A link itself can be handed over as an object: the call has a flag that is taken away for that. */
bool fst_commit_takes_links(const struct fst_gathered_path *path);
int fst_commit_address(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g);

#endif
