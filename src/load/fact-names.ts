/** The facts that are gathered, by the names that Ansible gives them, without the `ansible_` in front. */
export const gatheredNames: readonly string[] =
  'all_ipv4_addresses all_ipv6_addresses apparmor architecture bios_date bios_vendor bios_version board_asset_tag board_name board_serial board_vendor board_version chassis_asset_tag chassis_serial chassis_vendor chassis_version cmdline date_time default_ipv4 default_ipv6 device_links devices distribution distribution_file_parsed distribution_file_path distribution_file_search_string distribution_file_variety distribution_major_version distribution_minor_version distribution_release distribution_version dns domain effective_group_id effective_user_id env fibre_channel_wwn fips flags form_factor fqdn hostname hostnqn interfaces is_chroot iscsi_iqn kernel kernel_version loadavg local locally_reachable_ips lsb lvm machine machine_id memfree_mb memory_mb memtotal_mb mounts nodename os_family pkg_mgr proc_cmdline processor processor_cores processor_count processor_nproc processor_threads_per_core processor_vcpus product_name product_serial product_uuid product_version python python_version real_group_id real_user_id selinux selinux_python_present service_mgr ssh_host_key_dsa_public ssh_host_key_dsa_public_keytype ssh_host_key_ecdsa_public ssh_host_key_ecdsa_public_keytype ssh_host_key_ed25519_public ssh_host_key_ed25519_public_keytype ssh_host_key_rsa_public ssh_host_key_rsa_public_keytype swapfree_mb swaptotal_mb system system_capabilities system_capabilities_enforced system_vendor systemd uptime_seconds user_dir user_gecos user_gid user_id user_shell user_uid userspace_architecture userspace_bits virtualization_role virtualization_tech_guest virtualization_tech_host virtualization_type'.split(
    ' ',
  )

/** All facts of a host as one mapping. */
export const factsVariable = 'ansible_facts'

const facts = new Set(gatheredNames)
/** Networks that a host has are facts too: what the kernel, systemd and people call them. */
const interfaceName =
  /^(eth|en[opsx]\w|em|wl|ww|lo$|br|bond|docker|virbr|veth|wg|tun|tap|team|ib|vlan|usb|venet|dummy|ppp|cni|cali|flannel|lxc|lxdbr|podman|vmbr)\w*$/

/** The fact that a variable stands for: `os_family` for `ansible_os_family`; undefined where it is none. */
export const factOf = (variable: string): string | undefined => {
  const name = variable.startsWith('ansible_') ? variable.slice('ansible_'.length) : ''
  return facts.has(name) || interfaceName.test(name) ? name : undefined
}

/**
 * Facts that only tasks give, and that are variables by these very names: of service_facts, package_facts and getent. People
 * have variables of such names too, and those count.
 */
export const isGivenFact = (name: string): boolean => /^(services|packages|getent_\w+)$/.test(name)

export const isFactVariable = (name: string): boolean => name === factsVariable || factOf(name) !== undefined
