//! Folders and stores that can be listed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use object_store::ObjectMeta;

use super::{Found, FoundFile, Item, Listing, feeds_of};
use crate::error::Result;
use crate::project::{Access, Pipeline, Placed, Project, Source};
use crate::store::objects::Objects;

/// Lists every folder and store once, and adds what is found there.
pub async fn list(project: &Project, listing: &mut Listing) {
    let mut folders: BTreeMap<&str, Vec<(&Pipeline, &Arc<Source>)>> = BTreeMap::new();
    for pipeline in &project.pipelines {
        for source in pipeline.sources.iter().filter(|source| matches!(source.access, Access::Listed)) {
            folders.entry(&source.template.folder).or_default().push((pipeline, source));
        }
    }
    for (folder, claims) in folders {
        match list_folder(&project.root, folder).await {
            Ok((store, objects)) => objects.into_iter().for_each(|object| claim(&store, folder, object, &claims, listing)),
            Err(error) => listing.out_of_reach(feeds_of(&claims), &error),
        }
    }
}

/// What lies in a folder or store.
pub async fn list_folder(root: &Path, folder: &str) -> Result<(Objects, Vec<ObjectMeta>)> {
    let store = Objects::open(root, folder)?;
    let objects = store.list().await?;
    Ok((store, objects))
}

fn claim(store: &Objects, folder: &str, object: ObjectMeta, claims: &[(&Pipeline, &Arc<Source>)], listing: &mut Listing) {
    let path = if folder.is_empty() { object.location.to_string() } else { format!("{folder}/{}", object.location) };
    let name = path.rsplit('/').next().unwrap_or_default().to_owned();
    // Hidden files and Excel's own locks are nobody's extract, nor are the empty objects that stand for folders of a store.
    let is_folder = store.is_remote() && object.size == 0 && !name.contains('.');
    if name.starts_with('.') || name.starts_with("~$") || is_folder {
        return;
    }
    let placed = claims.iter().find_map(|(pipeline, source)| {
        let placed = source.template.place(&path)?;
        (source.offices.contains(&placed.office) && source.periods.hold(placed.period)).then_some((pipeline, *source, placed))
    });
    match placed {
        Some((pipeline, source, Placed { office, period, received, page })) => listing.found.push(Found {
            feed: pipeline.contract.feed.clone(),
            office,
            period,
            received: received.unwrap_or(object.last_modified),
            path,
            size: object.size,
            modified: object.last_modified,
            source: source.clone(),
            files: vec![FoundFile { page, name, item: Item::Object(store.clone(), object.location) }],
        }),
        None => listing.unclaimed.push(path),
    }
}
