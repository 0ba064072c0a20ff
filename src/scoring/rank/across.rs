//! How the values of domains covary.

use crate::frame::Strata;
use crate::schema::LonelyPsu;
use crate::scoring::{LonelyStratum, Scatter};

/// The covariances of one statistic across domains, as a dense matrix over the domains given.
///
/// Domains that share no stratum have none; within a stratum, domains that cross PSUs covary. Each domain's scatter
/// has one column; the diagonal holds the variances as published.
///
/// # Errors
/// [`LonelyStratum`], if the rule for lonely PSUs is to fail.
pub fn across_domains(scatters: &[Scatter], strata: &Strata, lonely: LonelyPsu) -> Result<Vec<f64>, LonelyStratum> {
    let k = scatters.len();
    let mut matrix = vec![0.0; k * k];
    let mut entries: Vec<(u32, u32, f64)> = Vec::new(); // PSU, domain, z
    for (domain, scatter) in (0_u32..).zip(scatters) {
        entries.extend(scatter.psus.iter().zip(&scatter.z).map(|(psu, z)| (*psu, domain, *z)));
    }
    entries.sort_unstable_by_key(|(psu, domain, _)| (*psu, *domain)); // and so by stratum, as PSUs are
    for stratum in entries.chunk_by(|a, b| strata.stratum_of(a.0) == strata.stratum_of(b.0)) {
        let mut domains: Vec<u32> = stratum.iter().map(|e| e.1).collect();
        domains.sort_unstable();
        domains.dedup();
        let width = domains.len();
        let mut local = Scatter { width, ..Scatter::default() };
        for psu in stratum.chunk_by(|a, b| a.0 == b.0) {
            let start = local.z.len();
            local.psus.push(psu[0].0);
            local.z.resize(start + width, 0.0);
            for (_, domain, z) in psu {
                let place = domains.binary_search(domain).unwrap_or(0); // there: the list was made of these
                local.z[start + place] = *z;
            }
        }
        let block = local.covariance(strata, lonely)?;
        for (a, row) in domains.iter().zip(block.chunks_exact(width)) {
            for (b, cell) in domains.iter().zip(row) {
                matrix[*a as usize * k + *b as usize] += cell;
            }
        }
    }
    for (domain, scatter) in scatters.iter().enumerate() {
        matrix[domain * k + domain] = scatter.variances(strata, lonely)?.first().copied().unwrap_or(0.0);
    }
    Ok(matrix)
}
