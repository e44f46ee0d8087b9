"""Ways for a Linux process to give up its own power before it runs code that it does not trust.

Each function takes one kind of power away from the calling process and its future children, for good. A layer
that cannot be had raises `ConfineError`; nothing is ever skipped in silence. The order matters:

1. `uncover` or `show_only`; `become`, which undoes a `die_with_parent`; `new_namespaces`, and the fork that enters the
   pid namespace;
2. `die_with_parent`, which a fork undoes;
3. `undumpable`, `limit`, `drop_capabilities`, in any order;
4. `restrict_files`, which may be called again to show less (the kernel allows 16 layers); `restrict_signals`;
5. `forbid_syscalls`, because it forbids some of the above.

Call them in a process with one thread: user namespaces refuse threads, Landlock binds the calling thread
alone. The modules import everywhere; only the calls themselves need Linux.
"""
